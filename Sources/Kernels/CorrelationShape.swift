// The numbers of a correlation's shape.

/// What a correlation's loops need to know of its shape: a value without references, which may be handed on and copied in each
/// of them. Of references the counts would change, and threads that do the same operation fight over them.
public struct CorrelationShape: Sendable {
  public let channels: Int
  public let outChannels: Int
  public let outHeight: Int
  public let outWidth: Int
  /// Lanes from a row of the input to the next, and from a plane to the next.
  let pitch: Int
  let plane: Int
  let rows: TapAxis
  let columns: TapAxis
  /// Whether the input has no border in memory: what windows see beyond it counts as zero.
  let isBorderless: Bool

  /// Lanes from one window to the one below it, and to the one on its right.
  var rowStep: Int { rows.stride * pitch }
  var columnStep: Int { columns.stride }

  /// How many positions of the axes come before the first one in memory.
  var inputShift: (rows: Int, columns: Int) { isBorderless ? (rows.data.lowerBound, columns.data.lowerBound) : (0, 0) }

  var tapsPerChannel: Int { rows.kernel * columns.kernel }
}

/// How a kernel moves along one axis of the padded input, and where on it there is more than padding.
public struct TapAxis: Sendable, Hashable {
  public let kernel: Int
  public let stride: Int
  public let dilation: Int
  /// The positions that can hold something other than zero, counted from the first window's first tap.
  public let data: Range<Int>

  public init(kernel: Int, stride: Int, dilation: Int, data: Range<Int>) {
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.data = data
  }

  /// The taps that reach data from any of some neighbouring windows: the others would only multiply zeros.
  @inline(__always)
  func taps(_ windows: Range<Int>) -> Range<Int> {
    // Most windows lie inside; a division would cost as much as some taps.
    if windows.lowerBound &* stride >= data.lowerBound,
      (windows.upperBound &- 1) &* stride &+ (kernel &- 1) &* dilation < data.upperBound
    {
      return 0..<kernel
    }
    let first = data.lowerBound - (windows.upperBound - 1) * stride
    let last = data.upperBound - 1 - windows.lowerBound * stride
    let start = first > 0 ? min(kernel, (first + dilation - 1) / dilation) : 0
    return start..<max(start, last < 0 ? 0 : min(kernel, last / dilation + 1))
  }
}
