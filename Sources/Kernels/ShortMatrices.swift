// The matrices of a short correlation, read off its transforms.

import CVector

/// A, B and G by their rows, for the axis along which the points of a `ShortCorrelation` are taken one by one.
final class ShortMatrices: Sendable {
  /// A number that enters a sum, and the sign or the weight with which it does.
  struct Term: Sendable {
    let index: Int
    let factor: Float
  }

  let taps: Int
  let outputs: Int
  let points: Int
  /// Of each point: its inputs (two or four), the outputs it enters, and its taps.
  let inputs: [[Term]]
  /// Of each point its inputs again, those that count positive first.
  let signedInputs: [[Term]]
  let results: [[Term]]
  let kernel: [[Term]]

  private static let three = ShortMatrices(ThreeTaps.self)
  private static let five = ShortMatrices(FiveTaps.self)

  /// The matrices for an axis; nil when its kernel is of another length or its windows lie apart. Taps may lie apart: then the
  /// outputs that lie as far apart are done together.
  static func of(_ axis: TapAxis) -> ShortMatrices? {
    guard axis.stride == 1 else { return nil }
    return axis.kernel == 3 ? three : axis.kernel == 5 ? five : nil
  }

  /// What each transform makes of a one among zeros is a column of its matrix.
  private init<Short: ShortCorrelation>(_ short: Short.Type) {
    func rows(_ count: Int, _ column: (_ one: Int) -> [Float]) -> [[Term]] {
      let columns = (0..<count).map(column)
      return (0..<Short.points).map { point in
        (0..<count).filter { columns[$0][point] != 0 }.map { Term(index: $0, factor: columns[$0][point]) }
      }
    }
    func ones(_ index: Int, _ one: Int) -> Register { Register(repeating: index == one ? 1 : 0) }
    func written(_ transform: (UnsafeMutablePointer<Register>) -> Void) -> [Float] {
      withUnsafeTemporaryAllocation(of: Register.self, capacity: Short.points) { positions in
        guard let base = positions.baseAddress else { return [] }
        transform(base)
        return positions.map { $0[0] }
      }
    }
    (taps, outputs, points) = (Short.taps, Short.outputs, Short.points)
    inputs = rows(Short.outputs + Short.taps - 1) { one in
      written { Short.transformInput({ ones($0, one) }, into: $0, elementStep: 1) }
    }
    signedInputs = inputs.map { terms in terms.filter { $0.factor > 0 } + terms.filter { $0.factor < 0 } }
    results = rows(Short.outputs) { one in
      written { Short.transformGradient({ ones($0, one) }, into: $0, elementStep: 1) }
    }
    kernel = rows(Short.taps) { one in
      var column = [Float](repeating: 0, count: Short.points)
      Short.transformKernel({ $0 == one ? 1 : 0 }, { column[$0] = $1 })
      return column
    }
  }
}
