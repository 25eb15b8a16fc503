// One case of a golden file: an operation, its shapes and options, and what PyTorch made of them.

import Autograd
import Foundation
import Tensors
import Testing
import Workers

/// A result: a checksum where the arithmetic is exact, all its numbers otherwise.
enum GoldenResult: Decodable {
  case checksum(UInt32)
  case numbers([Float])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(UInt32.self) {
      self = .checksum(value)
    } else {
      self = .numbers(try container.decode([Float].self))
    }
  }
}

/// A case as `make_goldens.py` writes it; which options it has depends on the operation.
struct GoldenCase: Decodable {
  let operation: String
  let inputs: [[Int]]
  var parameters: [[Int]]?
  let data: String?
  let exact: Bool
  let shape: [Int]
  let output: GoldenResult
  let gradients: [GoldenResult]

  let stride: [Int]?
  let padding: [Int]?
  let dilation: [Int]?
  let groups: Int?
  let outputPadding: [Int]?
  let kernel: [Int]?
  let ceilMode: Bool?
  let countIncludePad: Bool?
  let size: OneOrMore?
  let exponent: Float?
  let axes: [Int]?
  let axis: Int?
  let keep: Bool?
  let correction: Int?
  let order: [Int]?
  let range: [Int]?
  let step: Int?
  let shapeTo: [Int]?
  let smoothing: Float?
  let delta: Float?
  let mode: String?
  let weights: [Float]?

  enum OneOrMore: Decodable {
    case one(Int)
    case more([Int])
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Int.self) {
        self = .one(value)
      } else {
        self = .more(try container.decode([Int].self))
      }
    }
    var both: Size2d {
      switch self {
      case .one(let value): Size2d(value)
      case .more(let values): Size2d(values[0], values[1])
      }
    }
  }

  static func load(_ name: String) throws -> [GoldenCase] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode([GoldenCase].self, from: goldenFile(name))
  }

  /// Runs the operation and compares its output and every gradient; on `threads` threads.
  func check(_ label: String, threads: Int = 2, _ build: ([Variable], [Parameter], GoldenCase) throws -> Variable)
    throws
  {
    let tape = Tape()
    let tensors = inputs.enumerated().map { index, shape in makeData(Shape(shape), seed: UInt64(100 + index)) }
    let made = (parameters ?? []).enumerated().map { index, shape in
      Parameter(
        "parameter \(index)",
        exact ? whole(Shape(shape), seed: UInt64(200 + index)) : noise(Shape(shape), seed: UInt64(200 + index)))
    }
    let variables = tensors.map { tape.inputWithGradient(Shape(Array($0.shape.dimensions.dropFirst()))) }
    let images = inputs[0][0]
    // Classification losses have labels too: the image's number modulo five.
    let isClassification = operation == "cross_entropy" || operation == "nll_loss"
    let labels = isClassification ? [tape.input([])] : []
    let labelTensors = isClassification ? [Tensor([images], (0..<images).map { Float($0 % 5) })] : []
    let y = try build(variables + labels, made, self)
    let outputShape = y.shape.rank == 0 ? Shape([1]) : y.shape
    try #require(outputShape.dimensions == (shape.isEmpty ? [1] : shape), "\(label): shape")
    let weights = exact ? whole(outputShape, seed: 99) : noise(outputShape, seed: 99)
    let executor = Executor(
      tape, loss: weightedSum(y, weights: weights), reduction: .sum, kept: [y], capacity: images,
      pool: WorkerPool(threads: threads))
    executor.step(TensorBatch(tensors + labelTensors), context: StepContext(isTraining: true))
    compare(output, (0..<images).flatMap { executor.tensor(of: y, image: $0).values }, "\(label): output")
    for (index, variable) in variables.enumerated() {
      let found = (0..<images).flatMap {
        executor.gradient(of: variable, image: $0)?.values ?? [Float](repeating: 0, count: variable.shape.count)
      }
      compare(gradients[index], found, "\(label): gradient of input \(index)")
    }
    for (index, parameter) in made.enumerated() {
      compare(
        gradients[variables.count + index], parameter.gradientTensor.values, "\(label): gradient of parameter \(index)")
    }
  }

  /// What the script makes of the same shape and seed.
  func makeData(_ shape: Shape, seed: UInt64) -> Tensor {
    switch data {
    case "positive": Tensor(shape, noise(shape, seed: seed).values.map { abs($0) + 0.25 })
    case "unit": Tensor(shape, noise(shape, seed: seed).values.map { $0 / 2 + 0.5 })
    default: exact ? whole(shape, seed: seed) : noise(shape, seed: seed)
    }
  }
}

/// Whole numbers from −4 to 4.
func whole(_ shape: Shape, seed: UInt64) -> Tensor {
  let stream = RandomStream(seed: seed, purpose: .initialization)
  return Tensor(shape, (0..<shape.count).map { (stream.uniform($0) * 9).rounded(.down) - 4 })
}

func goldenFile(_ name: String) throws -> Data {
  try Data(
    contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Goldens/\(name).json"))
}

/// Exactly equal where there is a checksum, otherwise within 1e-5 of each number or of the numbers' usual size.
func compare(_ expected: GoldenResult, _ found: [Float], _ label: String, tolerance: Float = 1e-5) {
  switch expected {
  case .checksum(let sum):
    if checksum(found) != sum { Issue.record("\(label): differs; found \(found.prefix(8))…") }
  case .numbers(let numbers):
    guard numbers.count == found.count else {
      Issue.record("\(label): \(found.count) numbers, not \(numbers.count)")
      return
    }
    let size = (numbers.reduce(0) { $0 + $1 * $1 } / Float(numbers.count)).squareRoot()
    for (index, (a, b)) in zip(found, numbers).enumerated() where !(abs(a - b) <= tolerance * max(abs(b), size)) {
      Issue.record("\(label): element \(index) is \(a), not \(b)")
      return
    }
  }
}

/// CRC-32 of the numbers' bytes, −0 as 0.
func checksum(_ values: [Float]) -> UInt32 {
  var crc = UInt32.max
  for value in values {
    withUnsafeBytes(of: (value + 0).bitPattern.littleEndian) { bytes in
      for byte in bytes { crc = crcTable[Int((crc ^ UInt32(byte)) & 255)] ^ crc >> 8 }
    }
  }
  return ~crc
}

private let crcTable: [UInt32] = (0..<256).map { index in
  (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
}
