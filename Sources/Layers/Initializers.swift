// First values of weights.

import Autograd
import Fields
import Tensors

/// How a weight begins.
public enum Initializer: Hashable, Sendable {
  /// Which fan a variance is kept for: of the inputs forward, or of the outputs backward.
  public enum Fan: String, Hashable, Sendable, CaseIterable {
    case fanIn = "fan_in"
    case fanOut = "fan_out"
  }

  /// What PyTorch's layers do: uniform in ±1/√fanIn.
  case standard
  /// Uniform in ±gain · √(3 / fan), with the gain √(2 / (1 + a²)) of a leaky ReLU of slope a; He et al. (2015).
  case kaimingUniform(Fan, slope: Float)
  /// Normal with deviation gain / √fan.
  case kaimingNormal(Fan, slope: Float)
  /// Uniform in ±gain · √(6 / (fanIn + fanOut)); Glorot and Bengio (2010).
  case xavierUniform(gain: Float)
  /// Normal with deviation gain · √(2 / (fanIn + fanOut)).
  case xavierNormal(gain: Float)
  /// Orthonormal rows or columns, times a gain; Saxe et al. (2014).
  case orthogonal(gain: Float)
  case constant(Float)
  /// Exactly these numbers, row-major.
  case values([Float])

  /// The most numbers that one parameter may hold: a gigabyte of them.
  public static let largestCount = 1 << 28

  /// First values for a parameter.
  ///
  /// - Parameter fanIn, fanOut: how many inputs each output sees, and how many outputs each input.
  /// - Throws: `ShapeError` when given values are not as many as the parameter holds.
  public func tensor(_ shape: Shape, fanIn: Int, fanOut: Int, stream: RandomStream) throws -> Tensor {
    guard let count = shape.checkedCount, count <= Initializer.largestCount else {
      throw ShapeError(
        "initialisation", [shape], rule: "a parameter may hold at most \(Initializer.largestCount) numbers")
    }
    let most = Double(min(shape.dimensions.first ?? 1, count))
    let others = Double(count) / max(1, most)
    if case .orthogonal = self, min(most, others) * Double(count) > 0x1p33 {
      throw ShapeError("initialisation", [shape], rule: "so many orthogonal vectors would take minutes")
    }
    func gain(_ slope: Float) -> Float { (2 / (1 + slope * slope)).squareRoot() }
    func size(_ fan: Fan) -> Float { Float(fan == .fanIn ? fanIn : fanOut) }
    let tensor = try unchecked(shape, fanIn: fanIn, fanOut: fanOut, gain, size, stream)
    guard tensor.values.allSatisfy(\.isFinite) else {
      throw ShapeError("initialisation", [shape], rule: "the first values are more than single precision holds")
    }
    return tensor
  }

  private func unchecked(
    _ shape: Shape, fanIn: Int, fanOut: Int, _ gain: (Float) -> Float, _ size: (Fan) -> Float, _ stream: RandomStream
  ) throws -> Tensor {
    switch self {
    case .standard: return uniformByFanIn(shape, fanIn: fanIn, stream: stream)
    case .kaimingUniform(let fan, let slope): return uniform(shape, gain(slope) * (3 / size(fan)).squareRoot(), stream)
    case .kaimingNormal(let fan, let slope): return normal(shape, gain(slope) / size(fan).squareRoot(), stream)
    case .xavierUniform(let gain): return uniform(shape, gain * (6 / Float(fanIn + fanOut)).squareRoot(), stream)
    case .xavierNormal(let gain): return normal(shape, gain * (2 / Float(fanIn + fanOut)).squareRoot(), stream)
    case .orthogonal(let gain): return orthonormal(shape, gain, stream)
    case .constant(let value): return Tensor(shape, repeating: value)
    case .values(let values):
      guard values.count == shape.count else {
        throw ShapeError(
          "initialisation", [shape], rule: "\(values.count) values were given for \(shape.count)", option: "values")
      }
      return Tensor(shape, values)
    }
  }
}

/// How a layer's weight and bias begin, and whether they are trained at all.
public struct ParameterInitialization: Hashable, Sendable {
  public var weight: Initializer
  public var bias: Initializer
  public var isTrainable: Bool

  public init(weight: Initializer = .standard, bias: Initializer = .standard, isTrainable: Bool = true) {
    self.weight = weight
    self.bias = bias
    self.isTrainable = isTrainable
  }

  mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.variant("weight_init", &weight, among: initializerTypes, "how the weight begins")
    try fields.variant("bias_init", &bias, among: initializerTypes, "how the bias begins")
    try fields.bool("trainable", &isTrainable, "false to keep the first values")
  }

  func makeWeight(_ site: BuildSite, _ shape: Shape, fanIn: Int, fanOut: Int) throws -> Parameter {
    let tensor = try named("weight_init") {
      try weight.tensor(shape, fanIn: fanIn, fanOut: fanOut, stream: site.stream(0))
    }
    return Parameter("\(site.name).weight", tensor, isTrainable: isTrainable)
  }

  /// A bias's fans are its weight's, as in PyTorch.
  func makeBias(_ site: BuildSite, _ shape: Shape, fanIn: Int) throws -> Parameter {
    let tensor = try named("bias_init") {
      try bias.tensor(shape, fanIn: fanIn, fanOut: shape.count, stream: site.stream(1))
    }
    return Parameter("\(site.name).bias", tensor, isTrainable: isTrainable)
  }

  /// Puts the initialiser's key before the option that an error is about.
  private func named<Result>(_ key: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as ShapeError {
      throw ShapeError(
        error.operation, error.shapes, rule: error.rule, option: key + (error.option.map { ".\($0)" } ?? ""))
    }
  }
}

/// The initialisers that a configuration may name: a new one is a line here, and its fields.
let initializerTypes = Variants<Initializer>(
  "initializer",
  [
    { .standard }, { .kaimingUniform(.fanIn, slope: 0) }, { .kaimingNormal(.fanIn, slope: 0) },
    { .xavierUniform(gain: 1) }, { .xavierNormal(gain: 1) }, { .orthogonal(gain: 1) }, { .constant(0) },
    { .values([]) },
  ], type: { $0.type }, visit: { try $0.visitFields($1) })

extension Initializer {
  fileprivate var type: String {
    switch self {
    case .standard: "default"
    case .kaimingUniform: "kaiming_uniform"
    case .kaimingNormal: "kaiming_normal"
    case .xavierUniform: "xavier_uniform"
    case .xavierNormal: "xavier_normal"
    case .orthogonal: "orthogonal"
    case .constant: "constant"
    case .values: "values"
    }
  }

  fileprivate mutating func visitFields(_ fields: any FieldVisitor) throws {
    func kaiming(_ fan: Fan, _ slope: Float) throws -> (Fan, Float) {
      var (fan, slope) = (fan, slope)
      try fields.choice("mode", &fan, "whose variance is kept: forward, or backward")
      try fields.float("a", &slope, .any, "the slope of the leaky ReLU that follows")
      return (fan, slope)
    }
    func gain(_ gain: Float) throws -> Float {
      var gain = gain
      try fields.float("gain", &gain, .any, "a factor")
      return gain
    }
    switch self {
    case .standard: break
    case .kaimingUniform(let fan, let slope):
      let (fan, slope) = try kaiming(fan, slope)
      self = .kaimingUniform(fan, slope: slope)
    case .kaimingNormal(let fan, let slope):
      let (fan, slope) = try kaiming(fan, slope)
      self = .kaimingNormal(fan, slope: slope)
    case .xavierUniform(let factor): self = .xavierUniform(gain: try gain(factor))
    case .xavierNormal(let factor): self = .xavierNormal(gain: try gain(factor))
    case .orthogonal(let factor): self = .orthogonal(gain: try gain(factor))
    case .constant(var value):
      try fields.float("value", &value, .any, "the number")
      self = .constant(value)
    case .values(var values):
      try fields.floats("values", &values, .any, isRequired: true, "the numbers, row by row")
      self = .values(values)
    }
  }
}

private func uniform(_ shape: Shape, _ bound: Float, _ stream: RandomStream) -> Tensor {
  Tensor(shape, (0..<shape.count).map { -bound + (bound + bound) * stream.uniform($0) })
}

private func normal(_ shape: Shape, _ deviation: Float, _ stream: RandomStream) -> Tensor {
  Tensor(shape, (0..<shape.count).map { stream.normal($0) * deviation })
}

/// Gram and Schmidt on normal numbers, in double precision: the shorter side of (rows, all other axes) is orthonormal.
private func orthonormal(_ shape: Shape, _ gain: Float, _ stream: RandomStream) -> Tensor {
  let rows = shape.dimensions.first ?? 1
  let columns = shape.count / max(1, rows)
  let (count, length) = (min(rows, columns), max(rows, columns))
  var vectors: [[Double]] = []
  for index in 0..<count {
    var vector = (0..<length).map { Double(stream.normal(index * length + $0)) }
    // Twice, because once loses digits.
    for _ in 0..<2 {
      for other in vectors {
        let along = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
        for i in 0..<length { vector[i] -= along * other[i] }
      }
    }
    let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    vectors.append(vector.map { $0 / norm })
  }
  var tensor = Tensor(shape)
  for row in 0..<rows {
    for column in 0..<columns {
      let value = rows <= columns ? vectors[row][column] : vectors[column][row]
      tensor.values[row * columns + column] = gain * Float(value)
    }
  }
  return tensor
}

/// Uniform in ±1/√fanIn: what PyTorch's `Conv2d` and `Linear` start their weights and biases with.
///
/// PyTorch writes it as Kaiming's uniform with a = √5: bound = √(6 / ((1 + a²) · fanIn)) = 1/√fanIn.
public func uniformByFanIn(_ shape: Shape, fanIn: Int, stream: RandomStream) -> Tensor {
  let bound = 1 / Float(fanIn).squareRoot()
  return Tensor(shape, (0..<shape.count).map { stream.uniform($0, in: -bound..<bound) })
}
