// The built-in data set: digits as strokes, drawn by the program, so that there is always something to learn from.

import Tensors

extension DataSource {
  public static let glyphs = DataSource(
    name: "glyphs", summary: "digits drawn by the program itself, bent, shifted and blurred",
    classes: (0...9).map(String.init), shape: [1, Glyphs.side, Glyphs.side],
    normalization: Normalization(mean: [0.1], std: [0.25]), howToGet: "always there", files: nil,
    counts: (train: 4096, test: 1024)
  ) { request in
    let glyphs = Glyphs(seed: request.seed)
    let (train, test) = request.counts
    return (glyphs.images(0..<train), glyphs.images(train..<train + test))
  }
}

/// Draws digits: polylines through control points, bent, shifted, turned, thickened and blurred, each from (seed,
/// index).
public struct Glyphs: Sendable {
  public let seed: UInt64
  static let side = 28

  public init(seed: UInt64) { self.seed = seed }

  /// Draws a data set; test images come after the training images in the same sequence, so the two never share one.
  public func dataset(train: Int, test: Int) throws -> Dataset {
    try DataSource.glyphs.load(counts: (train, test), seed: seed)
  }

  fileprivate func images(_ range: Range<Int>) -> LabeledImages {
    let plane = Glyphs.side * Glyphs.side
    return LabeledImages(shape: [1, Glyphs.side, Glyphs.side], labels: range.map { UInt8($0 % 10) }) { target in
      for (place, index) in range.enumerated() {
        draw(
          index % 10, index: index,
          into: UnsafeMutableBufferPointer(rebasing: target[place * plane..<(place + 1) * plane]))
      }
    }
  }

  private typealias Point = SIMD2<Float>

  /// One digit: intensity falls from 1 inside the stroke to 0 over the width of the blur.
  private func draw(_ digit: Int, index: Int, into pixels: UnsafeMutableBufferPointer<UInt8>) {
    let random = RandomStream(seed: seed, purpose: .glyphs, stream: index)
    let angle = random.uniform(0, in: -0.22..<0.22)
    let slant = random.uniform(1, in: -0.25..<0.25)
    let scale = Point(random.uniform(2, in: 7.2..<10.2), random.uniform(3, in: 8.2..<10.8))
    let middle = Float(Glyphs.side) / 2
    let center = Point(middle + random.uniform(4, in: -2.2..<2.2), middle + random.uniform(5, in: -2.2..<2.2))
    let radius = random.uniform(6, in: 0.75..<1.7)
    let blur = random.uniform(7, in: 0.6..<1.5)
    let ink = random.uniform(8, in: 190..<255)
    let turns = Double(angle) / (2 * .pi)
    let (sine, cosine) = (Float(Reproducible.sine(turns: turns)), Float(Reproducible.cosine(turns: turns)))

    var drawn = 16
    let strokes = Glyphs.strokes[digit].map { stroke in
      stroke.map { point -> Point in
        let bend = Point(random.uniform(drawn, in: -0.09..<0.09), random.uniform(drawn + 1, in: -0.09..<0.09))
        drawn += 2
        let bent = point + bend
        let slanted = Point(bent.x - slant * bent.y, bent.y)
        let turned = Point(slanted.x * cosine - slanted.y * sine, slanted.x * sine + slanted.y * cosine)
        return center + turned * scale
      }
    }
    for y in 0..<Glyphs.side {
      for x in 0..<Glyphs.side {
        let pixel = Point(Float(x) + 0.5, Float(y) + 0.5)
        var nearest = Float.infinity
        for stroke in strokes {
          for (from, to) in zip(stroke, stroke.dropFirst()) {
            nearest = min(nearest, squaredDistance(pixel, from, to))
          }
        }
        let edge = (radius + blur - nearest.squareRoot()) / blur
        pixels[y * Glyphs.side + x] = UInt8(ink * min(1, max(0, edge)))
      }
    }
  }

  private func squaredDistance(_ p: Point, _ a: Point, _ b: Point) -> Float {
    let along = b - a
    let length = (along * along).sum()
    let t = length > 0 ? min(1, max(0, ((p - a) * along).sum() / length)) : 0
    let gap = p - (a + along * t)
    return (gap * gap).sum()
  }

  /// Each digit's strokes in a box from −1 to 1, y pointing down.
  private static let strokes: [[[Point]]] = [
    [arc(0, 0, 0.62, 0.95, from: 0, to: 360)],
    [[Point(-0.35, -0.6), Point(0.05, -0.95), Point(0.05, 0.95)]],
    [arc(0, -0.45, 0.58, 0.5, from: 180, to: 380) + [Point(-0.6, 0.95), Point(0.65, 0.95)]],
    [arc(-0.05, -0.47, 0.55, 0.48, from: 200, to: 450) + arc(-0.05, 0.47, 0.62, 0.48, from: 270, to: 520)],
    [[Point(0.3, 0.95), Point(0.3, -0.95), Point(-0.62, 0.35), Point(0.65, 0.35)]],
    [[Point(0.55, -0.95), Point(-0.45, -0.95), Point(-0.5, -0.1)] + arc(-0.05, 0.38, 0.6, 0.57, from: 230, to: 500)],
    [[Point(0.4, -0.95), Point(-0.3, -0.35)] + arc(0, 0.42, 0.56, 0.53, from: 180, to: 540)],
    [[Point(-0.6, -0.95), Point(0.6, -0.95), Point(-0.1, 0.95)]],
    [arc(0, -0.48, 0.46, 0.47, from: 90, to: 450), arc(0, 0.47, 0.58, 0.48, from: 270, to: 630)],
    [arc(0, -0.42, 0.56, 0.53, from: 0, to: 360) + [Point(0.5, 0.1), Point(0.2, 0.95)]],
  ]

  /// Points along an ellipse, angles in degrees, clockwise from the right.
  private static func arc(
    _ x: Float, _ y: Float, _ width: Float, _ height: Float, from: Float, to: Float
  ) -> [Point] {
    (0...10).map { step in
      let turns = Double(from + (to - from) * Float(step) / 10) / 360
      return Point(
        x + width * Float(Reproducible.cosine(turns: turns)), y + height * Float(Reproducible.sine(turns: turns)))
    }
  }
}
