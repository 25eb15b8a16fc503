// Bytes of images on their way into lanes.

import Kernels
import Tensors
import Testing

@Suite struct ImageTests {
  /// Planes of whole squares of sixteen pixels, of none, and of some and a rest.
  @Test(arguments: [(1, 784), (3, 64), (2, 5), (3, 35), (1, 1)])
  func everyByteReachesItsLaneScaledByItsChannel(channels: Int, plane: Int) {
    let scale = (0..<channels).map { 0.25 * Float($0 + 1) }
    let shift = (0..<channels).map { -3 + Float($0) }
    let bytes = (0..<lanesPerShard * channels * plane).map { UInt8(truncatingIfNeeded: $0 * $0 / 5 + 7 * $0) }
    let target = AlignedBuffer(lanes: channels * plane)
    bytes.withUnsafeBufferPointer { bytes in
      loadImages(channels: channels, plane: plane, scale: scale, shift: shift, into: target.lanes) {
        bytes.baseAddress! + $0 * channels * plane
      }
    }
    for lane in 0..<lanesPerShard {
      for pixel in 0..<channels * plane {
        let channel = pixel / plane
        #expect(
          target.lanes[pixel][lane]
            == Float(bytes[lane * channels * plane + pixel]) * scale[channel] + shift[channel],
          "lane \(lane), pixel \(pixel)")
      }
    }
  }
}
