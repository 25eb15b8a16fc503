// The product of two matrices of each image.

import Kernels
import Tensors

/// y(m, n) = Σₖ a(m, k) · b(k, n), for each image.
///
/// # Shapes
/// - a: (M, K); b: (K, N); result: (M, N)
///
/// Gradients: da = dy · bᵀ, db = aᵀ · dy.
///
/// - Throws: `ShapeError` when a's columns are not as many as b's rows.
public func matmul(_ a: Variable, _ b: Variable) throws -> Variable {
  guard a.shape.rank == 2, b.shape.rank == 2, a.shape[1] == b.shape[0] else {
    throw ShapeError("matmul", [a.shape, b.shape], rule: "the first must be M×K and the second K×N")
  }
  let operation = MatmulOperation(rows: a.shape[0], inner: a.shape[1], columns: b.shape[1])
  return a.tape.record(operation, inputs: [a, b], output: [a.shape[0], b.shape[1]])
}

struct MatmulOperation: Operation {
  let name = "matmul"
  let readsOutput = false
  let rows: Int
  let inner: Int
  let columns: Int
  var multiplyAdds: Int { rows * inner * columns }

  func forward(_ frame: Frame) {
    multiplyMatrices(
      frame.input(0), aRow: inner, aColumn: 1, frame.input(1), bRow: columns, bColumn: 1, rows: rows, inner: inner,
      columns: columns, accumulate: false, into: frame.output)
  }

  func backward(_ frame: Frame) {
    if let sink = frame.inputGradient(0) {
      multiplyMatrices(
        frame.outputGradient, aRow: columns, aColumn: 1, frame.input(1), bRow: 1, bColumn: columns, rows: rows,
        inner: columns, columns: inner, accumulate: sink.accumulate, into: sink.lanes)
    }
    if let sink = frame.inputGradient(1) {
      multiplyMatrices(
        frame.input(0), aRow: 1, aColumn: inner, frame.outputGradient, bRow: columns, bColumn: 1, rows: inner,
        inner: rows, columns: columns, accumulate: sink.accumulate, into: sink.lanes)
    }
  }
}
