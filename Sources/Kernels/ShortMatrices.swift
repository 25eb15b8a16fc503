// The matrices of a short correlation, read off its transforms.

import CVector

/// A, B and G by their rows, for the axis along which the points of a `ShortCorrelation` are taken one by one.
final class ShortMatrices: Sendable {
  /// A number that enters a sum, and the sign or the weight with which it does.
  struct Term: Sendable {
    let index: Int
    let factor: Float
  }

  /// The terms of a sum, at most as many as a kernel has taps: a value without references, since every row of tiles reads it.
  struct Terms: Sendable {
    private(set) var count = 0
    private var terms = InlineArray<7, Term>(repeating: Term(index: 0, factor: 0))

    init(_ list: [Term]) { for term in list { append(term) } }

    mutating func append(_ term: Term) {
      terms[count] = term
      count += 1
    }

    var indices: Range<Int> { 0..<count }
    subscript(_ index: Int) -> Term { terms[index] }
  }

  /// Of each point: its inputs (one, two or four), the outputs it enters, and its taps.
  let inputs: [Terms]
  /// Of each point its inputs again, those that count positive first.
  let signedInputs: [Terms]
  let results: [Terms]
  let kernel: [Terms]
  /// Of each output the first point that enters it.
  let firstPoints: [Int]

  fileprivate static let three = ShortMatrices(ThreeTaps.self)
  fileprivate static let five = ShortMatrices(FiveTaps.self)
  fileprivate static let seven = ShortMatrices(SevenTaps.self)

  /// What each transform makes of a one among zeros is a column of its matrix.
  private init<Short: ShortCorrelation>(_ short: Short.Type) {
    func lists(_ count: Int, _ column: (_ one: Int) -> [Float]) -> [[Term]] {
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
    let inputs = lists(Short.outputs + Short.taps - 1) { one in
      written { Short.transformInput({ ones($0, one) }, into: $0, elementStep: 1) }
    }
    self.inputs = inputs.map(Terms.init)
    signedInputs = inputs.map { Terms($0.filter { $0.factor > 0 } + $0.filter { $0.factor < 0 }) }
    let results = lists(Short.outputs) { one in
      written { Short.transformGradient({ ones($0, one) }, into: $0, elementStep: 1) }
    }
    self.results = results.map(Terms.init)
    firstPoints = (0..<Short.outputs).map { output in
      results.firstIndex { $0.contains { $0.index == output } } ?? results.count
    }
    kernel = lists(Short.taps) { one in
      var column = [Float](repeating: 0, count: Short.points)
      Short.transformKernel({ Lanes(repeating: $0 == one ? 1 : 0) }, { column[$0] = $1[0] })
      return column
    }.map(Terms.init)
  }
}

/// Which `ShortCorrelation` an axis is done by: a value without references, to be copied freely.
enum ShortAxis: Int, Sendable {
  case three = 3
  case five = 5
  case seven = 7

  /// Nil when its kernel is of another length or its windows lie apart. Taps may lie apart: then the outputs that lie as far
  /// apart are done together.
  init?(_ axis: TapAxis) {
    guard axis.stride == 1 else { return nil }
    self.init(rawValue: axis.kernel)
  }

  // Each type by its name, so that they are constants: loops ask for them.
  var taps: Int { self == .three ? ThreeTaps.taps : self == .five ? FiveTaps.taps : SevenTaps.taps }
  var outputs: Int { self == .three ? ThreeTaps.outputs : self == .five ? FiveTaps.outputs : SevenTaps.outputs }
  var points: Int { self == .three ? ThreeTaps.points : self == .five ? FiveTaps.points : SevenTaps.points }

  var matrices: ShortMatrices {
    switch self {
    case .three: .three
    case .five: .five
    case .seven: .seven
    }
  }
}
