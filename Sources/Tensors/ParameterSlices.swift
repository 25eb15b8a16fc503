// How threads share out a parameter: the same numbers to the same thread, whatever is done to them.

import Kernels

/// A part of a parameter that one thread works on at a time.
public struct ParameterSlice: Sendable {
  /// Its rows, along the first axis, where it has whole ones.
  public let rows: Range<Int>
  /// Its numbers in vectors of sixteen; one that it shares with the slice behind it is its own.
  public let vectors: Range<Int>
}

/// The slices of one parameter, in its order: about 16,384 numbers each, many enough to share out evenly and worth handing out.
///
/// A wide matrix is cut into few slices of whole rows instead: who computes a row's gradient moves the row by it, and then computes
/// with it, so that it stays in one processor's cache.
public struct ParameterSlices: RandomAccessCollection, Sendable {
  private static let vectorsOfSlice = 1024
  private static let rowsOfTile = 8

  /// Whether they are whole rows.
  public let areRows: Bool
  public let count: Int
  private let rows: Int
  private let columns: Int

  /// - Parameter threads: how many share out the parameter; whole rows are cut into four slices for each.
  public init(_ parameter: Parameter, threads: Int) {
    rows = Swift.max(1, parameter.shape.dimensions.first ?? 1)
    columns = parameter.count / rows
    areRows = ParameterSlices.areRows(parameter.shape)
    let most = (vectorCount(parameter.count) + ParameterSlices.vectorsOfSlice - 1) / ParameterSlices.vectorsOfSlice
    let tiles = (rows + ParameterSlices.rowsOfTile - 1) / ParameterSlices.rowsOfTile
    count = Swift.max(1, areRows ? Swift.min(most, tiles, 4 * threads) : most)
  }

  /// Whether a parameter is cut into rows: a matrix that has many more numbers than what goes in and comes out for some dozens of
  /// images, which goes from processor to processor then.
  public static func areRows(_ shape: Shape) -> Bool {
    shape.rank == 2 && shape.count >= 1 << 16 && Swift.min(shape[0], shape[1]) >= 128 && 4 * shape[0] >= shape[1]
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  public subscript(index: Int) -> ParameterSlice {
    if areRows {
      let own = Portion(index: index, count: count).range(of: rows, unit: ParameterSlices.rowsOfTile)
      return ParameterSlice(
        rows: own, vectors: vectorCount(own.lowerBound * columns)..<vectorCount(own.upperBound * columns))
    }
    let first = index * ParameterSlices.vectorsOfSlice
    let end = Swift.min(vectorCount(rows * columns), first + ParameterSlices.vectorsOfSlice)
    return ParameterSlice(rows: 0..<0, vectors: first..<end)
  }
}
