// The same computation in an order that costs less.

extension Tape.Graph {
  /// Puts an operation that any maximum passes through unchanged, f(max(x, y)) = max(f(x), f(y)), behind the max pooling that
  /// reads it: a ReLU then looks at the windows' winners alone. Both let the largest through if it is positive, so no
  /// result and no gradient of a parameter changes a bit, but for the sign of a zero.
  ///
  /// - Parameter kept: the values that are read after a run; nobody sees the others.
  func poolingFirst(kept: Set<Int>) -> Tape.Graph {
    var graph = self
    var readers = values.map { _ in 0 }
    for node in nodes { for input in node.inputs { readers[input] += 1 } }
    for index in graph.nodes.indices.dropLast() {
      let (first, second) = (graph.nodes[index], graph.nodes[index + 1])
      guard second.operation.takesMaximum, second.inputs == [first.output], readers[first.output] == 1,
        !kept.contains(first.output),
        let after = first.operation.behindMaximum(count: graph.values[second.output].count)
      else { continue }
      graph.replaced.insert(first.output)
      graph.values[first.output].count = graph.values[second.output].count
      (graph.nodes[index].operation, graph.nodes[index + 1].operation) = (second.operation, after)
    }
    return graph
  }
}
