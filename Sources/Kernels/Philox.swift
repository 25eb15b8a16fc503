// The counter-based random generator Philox4x32-10, for one counter and for sixteen at once.

/// Philox4x32 with ten rounds: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
///
/// - Returns: four independent 32-bit words, a pure function of counter and key.
public func philox(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
  var c = counter
  var k = key
  for _ in 0..<10 {
    let first = UInt64(c.x) &* 0xD251_1F53
    let second = UInt64(c.z) &* 0xCD9E_8D57
    c = SIMD4(
      UInt32(truncatingIfNeeded: second >> 32) ^ c.y ^ k.x, UInt32(truncatingIfNeeded: second),
      UInt32(truncatingIfNeeded: first >> 32) ^ c.w ^ k.y, UInt32(truncatingIfNeeded: first))
    k &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
  }
  return c
}

/// Fills inverted-dropout factors: 1 / (1 − p) with probability 1 − p, otherwise 0.
///
/// Element i of image j comes from the counter (i / 4, j, `stream`) alone, whichever shard and thread hold it.
///
/// - Parameters:
///   - firstImage: the batch index of the shard's first image.
///   - stream: the last two counter words: which step, and which layer.
public func fillDropoutFactors(
  _ target: LanePointer, count: Int, probability: Float, firstImage: Int, stream: SIMD2<UInt32>, key: SIMD2<UInt32>
) {
  let scale = Lanes(repeating: probability < 1 ? 1 / (1 - probability) : 0)
  // A word below the threshold drops: p · 2³², exact for p = 1 too because the comparison is done in 33 bits.
  let threshold = UInt64(Double(probability) * 4_294_967_296)
  var images = SIMD16<UInt32>()
  for lane in 0..<lanesPerShard { images[lane] = UInt32(truncatingIfNeeded: firstImage &+ lane) }
  var element = 0
  while element < count {
    let words = philoxLanes(UInt32(truncatingIfNeeded: element / 4), images, stream, key)
    for j in 0..<min(4, count - element) {
      let word = j == 0 ? words.0 : j == 1 ? words.1 : j == 2 ? words.2 : words.3
      if threshold > UInt64(UInt32.max) {
        target[element + j] = .zero
      } else {
        let drops = word .< SIMD16<UInt32>(repeating: UInt32(truncatingIfNeeded: threshold))
        target[element + j] = scale.replacing(with: 0, where: drops)
      }
    }
    element += 4
  }
}

private typealias Words = SIMD16<UInt32>

@inline(__always)
private func philoxLanes(
  _ index: UInt32, _ images: Words, _ stream: SIMD2<UInt32>, _ key: SIMD2<UInt32>
) -> (Words, Words, Words, Words) {
  var (a, b) = (Words(repeating: index), images)
  var (c, d) = (Words(repeating: stream.x), Words(repeating: stream.y))
  var k = key
  for _ in 0..<10 {
    let first = widen(a) &* SIMD16<UInt64>(repeating: 0xD251_1F53)
    let second = widen(c) &* SIMD16<UInt64>(repeating: 0xCD9E_8D57)
    (a, b, c, d) = (high(second) ^ b ^ k.x, low(second), high(first) ^ d ^ k.y, low(first))
    k &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
  }
  return (a, b, c, d)
}

@inline(__always) private func widen(_ x: Words) -> SIMD16<UInt64> { SIMD16<UInt64>(truncatingIfNeeded: x) }
@inline(__always) private func low(_ x: SIMD16<UInt64>) -> Words { Words(truncatingIfNeeded: x) }
@inline(__always) private func high(_ x: SIMD16<UInt64>) -> Words { Words(truncatingIfNeeded: x &>> 32) }
