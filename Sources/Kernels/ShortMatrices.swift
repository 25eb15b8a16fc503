// The matrices of a short correlation, read off its transforms.

import CVector

/// A, B and G by their rows, for the axis along which the points of a `ShortCorrelation` are taken one by one.
final class ShortMatrices: Sendable {
  /// A number that enters a sum, and the sign or the weight with which it does.
  struct Term: Sendable {
    let index: Int
    let factor: Float
  }

  /// Of each point: its inputs (two or four), the outputs it enters, and its taps.
  let inputs: [[Term]]
  /// Of each point its inputs again, those that count positive first.
  let signedInputs: [[Term]]
  let results: [[Term]]
  let kernel: [[Term]]

  fileprivate static let three = ShortMatrices(ThreeTaps.self)
  fileprivate static let five = ShortMatrices(FiveTaps.self)

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

/// Which `ShortCorrelation` an axis is done by: a value without references, to be copied freely.
enum ShortAxis: Sendable {
  case three, five

  /// Nil when its kernel is of another length or its windows lie apart. Taps may lie apart: then the outputs that lie as far
  /// apart are done together.
  init?(_ axis: TapAxis) {
    switch (axis.kernel, axis.stride) {
    case (3, 1): self = .three
    case (5, 1): self = .five
    default: return nil
    }
  }

  var taps: Int { self == .three ? ThreeTaps.taps : FiveTaps.taps }
  var outputs: Int { self == .three ? ThreeTaps.outputs : FiveTaps.outputs }
  var points: Int { self == .three ? ThreeTaps.points : FiveTaps.points }

  var matrices: ShortMatrices { self == .three ? .three : .five }
}
