// The record of a computation: what was computed from what, in order.

import Tensors

/// A value on a tape: one tensor of `shape` for each image of the batch.
///
/// Operations take variables and return variables; the numbers exist once an `Executor` has run the tape.
public struct Variable {
  public let tape: Tape
  public let shape: Shape
  package let id: Int

  /// The same numbers under another per-image shape, in the same row-major order; costs nothing.
  ///
  /// - Throws: `ShapeError` when the counts differ.
  public func reshaped(_ shape: Shape) throws -> Variable {
    guard shape.count == self.shape.count else {
      throw ShapeError("reshape", [self.shape, shape], rule: "both must hold the same count of numbers")
    }
    return Variable(tape: tape, shape: shape, id: id)
  }

  /// All axes of an image in one: (C, H, W) → (C·H·W).
  public var flattened: Variable { Variable(tape: tape, shape: [shape.count], id: id) }
}

/// The operations of one computation in the order in which they were recorded.
///
/// A tape is written once, by calling operations on its variables, and is run many times, on shards of sixteen images:
/// shapes are checked while it is recorded, memory is laid out once, and a step allocates nothing. Backpropagation
/// walks it in reverse.
public final class Tape {
  /// One recorded value.
  struct Value {
    var count: Int
    let needsGradient: Bool
    /// The index of the operation that computes it; nil for an input.
    let producer: Int?
  }

  /// One recorded operation with its place in the graph.
  struct Node {
    var operation: any Operation
    let inputs: [Int]
    let output: Int
    var parameters: [Parameter]
  }

  /// What was recorded: values, and the operations that compute them, in order.
  struct Graph {
    var values: [Value] = []
    var nodes: [Node] = []
    /// Values that are not computed as they were recorded: nobody may read them.
    var replaced: Set<Int> = []
  }

  private(set) var graph = Graph()
  var values: [Value] { graph.values }
  var nodes: [Node] { graph.nodes }
  /// The values that the batch fills, in the order in which they were declared.
  private(set) var inputs: [Int] = []

  /// How many operations have been recorded.
  public var operationCount: Int { nodes.count }

  public init() {}

  /// Declares a value that each batch fills: images, labels.
  public func input(_ shape: Shape) -> Variable {
    graph.values.append(Value(count: shape.count, needsGradient: false, producer: nil))
    inputs.append(values.count - 1)
    return Variable(tape: self, shape: shape, id: values.count - 1)
  }

  /// Declares an input whose gradient is wanted too, as gradient checks do.
  public func inputWithGradient(_ shape: Shape) -> Variable {
    graph.values.append(Value(count: shape.count, needsGradient: true, producer: nil))
    inputs.append(values.count - 1)
    return Variable(tape: self, shape: shape, id: values.count - 1)
  }

  /// Appends an operation; the output needs a gradient if any input or any trainable parameter does.
  ///
  /// - Precondition: all inputs are on this tape.
  public func record(
    _ operation: some Operation, inputs: [Variable], parameters: [Parameter] = [], output: Shape
  ) -> Variable {
    precondition(inputs.allSatisfy { $0.tape === self }, "\(operation.name) got a variable of another tape")
    let needsGradient =
      operation.isDifferentiable
      && (inputs.contains { values[$0.id].needsGradient } || parameters.contains(where: \.isTrainable))
    graph.values.append(Value(count: output.count, needsGradient: needsGradient, producer: nodes.count))
    let id = values.count - 1
    graph.nodes.append(Node(operation: operation, inputs: inputs.map(\.id), output: id, parameters: parameters))
    return Variable(tape: self, shape: output, id: id)
  }
}
