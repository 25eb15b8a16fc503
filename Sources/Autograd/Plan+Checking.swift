// A walk through a step that looks at who reads what: the proof of a plan's invariant.

extension Plan {
  /// What lies at an offset of a shard's memory.
  private enum Content: Hashable, CustomStringConvertible {
    case value(Int)
    case gradient(Int)
    case saved(Int)

    var description: String {
      switch self {
      case .value(let id): "value \(id)"
      case .gradient(let id): "the gradient of value \(id)"
      case .saved(let index): "what operation \(index) saved"
      }
    }
  }

  /// The first read of a step that would not find what it means to read; nil when there is none.
  func firstFault(loss: Variable?, kept: Set<Int>) -> String? {
    var memory: [Int: Content] = [:]
    var fault: String?
    func read(_ content: Content, at offset: Int, _ reader: String) {
      guard fault == nil, memory[offset] != content else { return }
      fault = "\(reader) reads \(content) where \(memory[offset]?.description ?? "nothing") lies"
    }
    for (id, value) in graph.values.enumerated() where value.producer == nil { memory[valueOffsets[id]] = .value(id) }
    for (node, planned) in zip(graph.nodes, nodes) {
      for input in node.inputs { read(.value(input), at: valueOffsets[input], "\(node.operation.name) forward") }
      memory[valueOffsets[node.output]] = .value(node.output)
      if node.operation.savedLanes > 0 { memory[planned.saved] = .saved(planned.index) }
    }
    if let loss, let offset = gradientOffsets[loss.id] { memory[offset] = .gradient(loss.id) }
    for planned in backwardNodes {
      let node = graph.nodes[planned.index]
      let reader = "\(node.operation.name) backward"
      read(.gradient(node.output), at: planned.outputGradient, reader)
      if node.operation.readsOutput { read(.value(node.output), at: valueOffsets[node.output], reader) }
      if node.operation.savedLanes > 0 { read(.saved(planned.index), at: planned.saved, reader) }
      // All inputs are read before any gradient is written, as far as a plan can know.
      for input in node.inputs where node.operation.readsInput {
        read(.value(input), at: valueOffsets[input], reader)
      }
      for (input, sink) in zip(node.inputs, planned.inputGradients) {
        guard let sink else { continue }
        if sink.accumulate { read(.gradient(input), at: sink.offset, reader) }
        memory[sink.offset] = .gradient(input)
      }
    }
    for plan in parameters {
      for planned in plan.wholeBatch {
        let reader = "\(planned.operation.name)'s gradient of \(plan.parameter.name)"
        read(.saved(planned.index), at: planned.saved, reader)
        read(.gradient(graph.nodes[planned.index].output), at: planned.outputGradient, reader)
      }
    }
    for id in kept.sorted() { read(.value(id), at: valueOffsets[id], "whoever keeps it") }
    return fault
  }
}
