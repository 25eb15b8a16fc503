// Average pooling: over windows that move, over a grid of any size, over everything.

import Kernels
import Tensors

/// The mean of each window: y(c, h, w) = Σ over a, b of x(c, h·stride + a − padding, w·stride + b − padding) / n, each
/// element getting dy / n from every window that it is in.
///
/// # Shapes
/// - x: (C, H, W) an image
/// - result: (C, H_out, W_out), see `Pool2dOptions.outputShape`
///
/// - Parameter countIncludesPadding: whether padding counts as zeros in n, as in PyTorch by default, or not at all.
///   What `ceilMode` adds beyond the padding never counts.
/// - Throws: `ShapeError` when the window does not fit.
public func averagePool2d(
  _ x: Variable, options: Pool2dOptions, countIncludesPadding: Bool = true
) throws -> Variable {
  let output = try options.outputShape("avg_pool2d", input: x.shape)
  func lengths(_ count: Int, _ size: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> [Int] {
    (0..<count).map { min($0 * stride - padding + kernel, size + padding) - ($0 * stride - padding) }
  }
  let geometry = options.geometry(input: x.shape, output: output)
  let padded = (
    lengths(output[1], x.shape[1], options.kernel.height, options.stride.height, options.padding.height),
    lengths(output[2], x.shape[2], options.kernel.width, options.stride.width, options.padding.width)
  )
  return record("avg_pool2d", x, geometry, lengths: countIncludesPadding ? padded : geometry.windowLengths, output)
}

/// The means of a grid of windows that covers the image: output i averages the rows from ⌊i·H/H_out⌋ to
/// ⌈(i+1)·H/H_out⌉.
///
/// # Shapes
/// - x: (C, H, W) an image
/// - result: (C, size.height, size.width)
///
/// - Throws: `ShapeError` when x has not three axes, or the size is not positive.
public func adaptiveAveragePool2d(_ x: Variable, size: Size2d) throws -> Variable {
  let (geometry, output) = try adaptiveGeometry("adaptive_avg_pool2d", x.shape, size)
  return record("adaptive_avg_pool2d", x, geometry, lengths: geometry.windowLengths, output)
}

/// The windows of an adaptive pooling, and what they make of a shape.
func adaptiveGeometry(_ operation: String, _ input: Shape, _ size: Size2d) throws -> (PoolGeometry, Shape) {
  guard input.rank == 3, size.height > 0, size.width > 0 else {
    throw ShapeError(
      operation, [input, [size.height, size.width]],
      rule: "the input must be channels×height×width and the size positive", option: "output_size")
  }
  let output: Shape = [input[0], size.height, size.width]
  try output.checkSize(operation, [input], option: "output_size")
  func windows(_ count: Int, _ size: Int) -> [PoolWindow] {
    (0..<count).map { index in
      let start = index * size / count
      return PoolWindow(start: start, count: ((index + 1) * size + count - 1) / count - start)
    }
  }
  let geometry = PoolGeometry(
    channels: input[0], height: input[1], width: input[2], rows: windows(size.height, input[1]),
    columns: windows(size.width, input[2]))
  return (geometry, output)
}

private func record(
  _ name: String, _ x: Variable, _ geometry: PoolGeometry, lengths: (rows: [Int], columns: [Int]), _ output: Shape
) -> Variable {
  let divisors = lengths.rows.flatMap { row in lengths.columns.map { Float(row * $0) } }
  let operation = AveragePoolOperation(name: name, geometry: geometry, divisors: divisors)
  return x.tape.record(operation, inputs: [x], output: output)
}

struct AveragePoolOperation: Operation {
  let name: String
  let readsInput = false
  let readsOutput = false
  let geometry: PoolGeometry
  /// One for each output of a plane.
  let divisors: [Float]

  var portions: Int { geometry.portions }

  func forward(_ frame: Frame) {
    averagePool(
      frame.input(), geometry: geometry, channels: frame.portion.range(of: geometry.channels), divisors: divisors,
      into: frame.output)
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    averagePoolGradient(
      frame.outputGradient, geometry: geometry, channels: frame.portion.range(of: geometry.channels),
      divisors: divisors, accumulate: sink.accumulate, into: sink.lanes)
  }
}
