// Bytes of images into lanes, and lanes back into rows of floats.

import CVector

/// lanes(channel, pixel)[lane] = byte · scale(channel) + shift(channel)
///
/// Sixteen pixels of the sixteen images make a square, which is turned in registers.
///
/// - Parameters:
///   - image: the first byte of the image for a lane, in (channels, height, width) order.
public func loadImages(
  channels: Int, plane: Int, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, into target: LanePointer,
  image: (_ lane: Int) -> UnsafePointer<UInt8>
) {
  let images = InlineArray<16, UnsafePointer<UInt8>> { image($0) }
  // A variable subscript of the array itself would copy all of it.
  let firstBytes = images.span
  var square = InlineArray<16, Lanes> { _ in .zero }
  withUnsafeMutablePointer(to: &square) {
    let rows = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Lanes.self)
    for channel in 0..<channels {
      let (a, b) = (Lanes(repeating: scale[channel]), Lanes(repeating: shift[channel]))
      let end = (channel &+ 1) &* plane
      var pixel = channel &* plane
      while pixel &+ lanesPerShard <= end {
        for lane in 0..<lanesPerShard {
          rows[lane] = lanes_from_bytes(firstBytes[lane] + pixel) * a + b
        }
        lanes_transpose(UnsafePointer(rows).scalars, lanesPerShard, (target + pixel).scalars)
        pixel &+= lanesPerShard
      }
      while pixel < end {
        for lane in 0..<lanesPerShard {
          target[pixel][lane] = Float(firstBytes[lane][pixel]) * scale[channel] + shift[channel]
        }
        pixel &+= 1
      }
    }
  }
}

/// Writes one image's floats into its lane.
public func storeLane(_ values: UnsafePointer<Float>, count: Int, lane: Int, into target: LanePointer) {
  let scalars = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Float.self)
  for i in 0..<count { scalars[i &* lanesPerShard &+ lane] = values[i] }
}

/// Reads one image's floats out of its lane.
public func readLane(_ source: UnsafePointer<Lanes>, count: Int, lane: Int, into values: UnsafeMutablePointer<Float>) {
  let scalars = UnsafeRawPointer(source).assumingMemoryBound(to: Float.self)
  for i in 0..<count { values[i] = scalars[i &* lanesPerShard &+ lane] }
}

/// One lanes value with the same number in every lane whose image is real, and zero in the fillers.
public func setLanes(_ target: LanePointer, to value: Float, realImages: Int) {
  var lanes = Lanes.zero
  for lane in 0..<min(realImages, lanesPerShard) { lanes[lane] = value }
  target.pointee = lanes
}

/// The sum over a shard's real images of one lanes value, in double precision, lane by lane.
public func sumLanes(_ source: UnsafePointer<Lanes>, realImages: Int) -> Double {
  var sum = 0.0
  for lane in 0..<min(realImages, lanesPerShard) { sum += Double(source.pointee[lane]) }
  return sum
}

/// lanes[i] = values[i] in every lane.
public func spreadScalars(_ values: UnsafePointer<Float>, count: Int, into target: LanePointer) {
  for i in 0..<count { target[i] = Lanes(repeating: values[i]) }
}
