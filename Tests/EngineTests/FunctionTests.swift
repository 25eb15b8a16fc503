// The vector functions against double precision, over bit patterns of the whole range.

import Foundation
import Kernels
import Tensors
import Testing

@Suite struct FunctionTests {
  struct Function: Sendable, CustomTestStringConvertible {
    let kind: ElementwiseKind
    /// The largest error, in units in the last place of the exact result's float.
    let limit: Double
    var isProduct = false
    let exact: @Sendable (Double) -> Double
    var testDescription: String { "\(kind)" }
  }

  static let functions = [
    Function(kind: .exp, limit: 1) { Foundation.exp($0) },
    Function(kind: .log, limit: 1) { Foundation.log($0) },
    Function(kind: .tanh, limit: 2) { Foundation.tanh($0) },
    Function(kind: .sigmoid, limit: 2) { 1 / (1 + Foundation.exp(-$0)) },
    Function(kind: .elu(alpha: 1), limit: 2) { $0 < 0 ? Foundation.expm1($0) : $0 },
    // Products with x, which round once more; below the smallest normal float the factor has lost digits already.
    Function(kind: .gelu, limit: 2, isProduct: true) { $0 * 0.5 * Foundation.erfc(-$0 * 0.5.squareRoot()) },
    Function(kind: .silu, limit: 2.5, isProduct: true) { $0 / (1 + Foundation.exp(-$0)) },
    Function(kind: .power(3), limit: 1) { Foundation.pow($0, 3) },
    Function(kind: .power(-0.75), limit: 1) { Foundation.pow($0, -0.75) },
  ]

  @Test(arguments: functions)
  func isRightToSomeUnitsInTheLastPlaceOverTheWholeRange(function: Function) {
    // A prime step visits every exponent, both signs, subnormals, infinities and NaN.
    let patterns = stride(from: UInt32(0), to: UInt32.max - 4099, by: 4099)
    var inputs = patterns.map { Float(bitPattern: $0) }
    inputs += [0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1, -1]
    let (x, y) = (AlignedBuffer(floats: inputs.count), AlignedBuffer(floats: inputs.count))
    for (index, input) in inputs.enumerated() { x.floats[index] = input }
    applyElementwise(function.kind, x.lanes, count: vectorCount(inputs.count), into: y.lanes)
    var (worst, place) = (0.0, Float.zero)
    for (index, input) in inputs.enumerated() {
      let floor = function.isProduct ? abs(Double(input)) * Double(Float.leastNonzeroMagnitude) : 0
      let error = units(y.floats[index], function.exact(Double(input)), floor: floor)
      if error > worst || error.isNaN { (worst, place) = (error, input) }
    }
    #expect(worst <= function.limit, "at \(place): off by \(worst) units in the last place")
  }

  /// How far a float is from an exact number, in units of its last place; ∞ where only one of them is finite or a number.
  private func units(_ found: Float, _ exact: Double, floor: Double) -> Double {
    let nearest = Float(exact)
    if nearest.isNaN || found.isNaN { return nearest.isNaN && found.isNaN ? 0 : .infinity }
    if nearest.isInfinite || found.isInfinite { return nearest == found ? 0 : .infinity }
    return abs(Double(found) - exact) / max(Double(nearest.ulp), floor)
  }
}
