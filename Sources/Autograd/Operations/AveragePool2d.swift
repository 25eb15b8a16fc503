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
  func windows(_ count: Int, _ size: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> [(Range<Int>, Int)] {
    (0..<count).map { index in
      let start = index * stride - padding
      let end = min(start + kernel, size + padding)
      return (max(0, start)..<min(size, end), end - start)
    }
  }
  let rows = windows(output[1], x.shape[1], options.kernel.height, options.stride.height, options.padding.height)
  let columns = windows(output[2], x.shape[2], options.kernel.width, options.stride.width, options.padding.width)
  let divisors = rows.flatMap { row in
    columns.map { column in
      Float(countIncludesPadding ? row.1 * column.1 : row.0.count * column.0.count)
    }
  }
  return record("avg_pool2d", x, rows.map(\.0), columns.map(\.0), divisors, output)
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
  guard x.shape.rank == 3, size.height > 0, size.width > 0 else {
    throw ShapeError(
      "adaptive_avg_pool2d", [x.shape, [size.height, size.width]],
      rule: "the input must be channels×height×width and the size positive", option: "output_size")
  }
  func windows(_ count: Int, _ size: Int) -> [Range<Int>] {
    (0..<count).map { ($0 * size / count)..<(($0 + 1) * size + count - 1) / count }
  }
  let (rows, columns) = (windows(size.height, x.shape[1]), windows(size.width, x.shape[2]))
  let divisors = rows.flatMap { row in columns.map { Float(row.count * $0.count) } }
  return record("adaptive_avg_pool2d", x, rows, columns, divisors, [x.shape[0], size.height, size.width])
}

/// The mean of each channel: (C, H, W) → (C, 1, 1).
///
/// - Throws: `ShapeError` when x has not three axes.
public func globalAveragePool2d(_ x: Variable) throws -> Variable { try adaptiveAveragePool2d(x, size: Size2d(1)) }

private func record(
  _ name: String, _ x: Variable, _ rows: [Range<Int>], _ columns: [Range<Int>], _ divisors: [Float], _ output: Shape
) -> Variable {
  let geometry = AverageGeometry(
    channels: x.shape[0], height: x.shape[1], width: x.shape[2], rows: rows, columns: columns, divisors: divisors)
  return x.tape.record(AveragePoolOperation(name: name, geometry: geometry), inputs: [x], output: output)
}

struct AveragePoolOperation: Operation {
  let name: String
  let readsInput = false
  let readsOutput = false
  let geometry: AverageGeometry

  func forward(_ frame: Frame) { averagePool(frame.input(), geometry: geometry, into: frame.output) }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    averagePoolGradient(
      frame.outputGradient, geometry: geometry, accumulate: sink.accumulate, into: sink.lanes)
  }
}
