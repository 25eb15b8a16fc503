// Borders that continue an image, and images at another size.

import Kernels
import Tensors

/// What lies beyond an image's edge, in PyTorch's words.
public enum PaddingMode: String, Sendable, Hashable, CaseIterable {
  case zeros
  /// The image mirrored at its last row, which is not repeated: c b | a b c | b a.
  case reflect
  /// Its last row again and again: a a | a b c | c c.
  case replicate
  /// The image from its other side: b c | a b c | a b.
  case circular

  /// - Throws: `ShapeError` when the image is too small to continue so far.
  public func check(_ padding: Padding2d, of image: Shape) throws {
    let (height, width) = (image[image.rank - 2], image[image.rank - 1])
    let most: (Int) -> Int = { self == .reflect ? $0 - 1 : self == .circular ? $0 : Int.max }
    guard max(padding.top, padding.bottom) <= most(height), max(padding.left, padding.right) <= most(width) else {
      throw ShapeError(
        "pad2d", [image],
        rule: "padding_mode \(rawValue) reaches at most \(most(height)) rows and \(most(width)) columns",
        option: "padding")
    }
  }

  /// The indices that an axis of `count` elements continues with.
  fileprivate func sources(_ count: Int, before: Int, after: Int) -> AxisSources {
    AxisSources(
      first: (-before..<count + after).map { index in
        switch self {
        case .reflect: index < 0 ? -index : index >= count ? 2 * count - 2 - index : index
        case .replicate, .zeros: min(max(index, 0), count - 1)
        case .circular: (index + count) % count
        }
      })
  }
}

extension Variable {
  /// A border around the last two axes; `unpad2d` undoes it.
  ///
  /// # Shapes
  /// - self: (…, H, W) an image
  /// - result: (…, top + H + bottom, left + W + right)
  ///
  /// - Throws: `ShapeError` when there are fewer than two axes, an amount is negative, or larger than the mode allows.
  public func pad2d(_ padding: Padding2d, mode: PaddingMode) throws -> Variable {
    guard mode != .zeros else { return try pad2d(padding) }
    try checkPadding("pad2d", padding)
    try mode.check(padding, of: shape)
    let (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
    return recordGather(
      "pad2d", rows: mode.sources(height, before: padding.top, after: padding.bottom),
      columns: mode.sources(width, before: padding.left, after: padding.right))
  }

  fileprivate func recordGather(_ name: String, rows: AxisSources, columns: AxisSources) -> Variable {
    let (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let operation = GatherOperation(
      name: name, rows: rows, columns: columns, channels: shape.count / (height * width), height: height, width: width)
    return tape.record(operation, inputs: [self], output: replacingLast(rows.count, columns.count))
  }
}

/// How an image at another size is made.
public enum UpsampleMode: String, Sendable, Hashable, CaseIterable {
  case nearest, bilinear
}

/// The image `factor` times as high and wide: each element the nearest one, or the mean of the four around it.
///
/// The output's element i lies at (i + ½) / factor − ½ of the input, at its edge at the most; with `alignCorners` at
/// i · (n − 1) / (factor · n − 1), so that the corners' centres meet. Both as in PyTorch.
///
/// # Shapes
/// - x: (C, H, W) an image
/// - result: (C, H · factor.height, W · factor.width)
///
/// - Throws: `ShapeError` when x has not three axes, or a factor is not positive.
public func upsample(
  _ x: Variable, factor: Size2d, mode: UpsampleMode = .nearest, alignCorners: Bool = false
) throws -> Variable {
  guard x.shape.rank == 3, factor.height > 0, factor.width > 0 else {
    throw ShapeError(
      "upsample", [x.shape], rule: "the input must be channels×height×width and the factors positive",
      option: "scale_factor")
  }
  try Shape([x.shape[0], x.shape[1] * factor.height, x.shape[2] * factor.width])
    .checkSize("upsample", [x.shape], option: "scale_factor")
  func sources(_ count: Int, _ factor: Int) -> AxisSources {
    let indices = 0..<count * factor
    guard mode == .bilinear else { return AxisSources(first: indices.map { $0 / factor }) }
    let places = indices.map { index -> Double in
      let last = count * factor - 1
      if alignCorners { return last == 0 ? 0 : Double(index * (count - 1)) / Double(last) }
      return max(0, (Double(index) + 0.5) / Double(factor) - 0.5)
    }
    let first = places.map { min(Int($0), count - 1) }
    return AxisSources(
      first: first, second: first.map { min($0 + 1, count - 1) },
      weights: zip(places, first).map { Float($0 - Double($1)) })
  }
  return x.recordGather(
    "upsample", rows: sources(x.shape[1], factor.height), columns: sources(x.shape[2], factor.width))
}

struct GatherOperation: Operation {
  let name: String
  let readsInput = false
  let readsOutput = false
  let rows: AxisSources
  let columns: AxisSources
  let channels: Int
  let height: Int
  let width: Int

  func forward(_ frame: Frame) {
    gatherLanes(
      frame.input(), rows: rows, columns: columns, channels: channels, height: height, width: width, into: frame.output)
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    if !sink.accumulate { clearLanes(sink.lanes, count: channels * height * width) }
    scatterGathered(
      frame.outputGradient, rows: rows, columns: columns, channels: channels, height: height, width: width,
      into: sink.lanes)
  }
}
