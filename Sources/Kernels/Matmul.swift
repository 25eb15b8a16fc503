// Products of matrices that each image has its own of.

/// target(m, n) [+]= Σₖ a(m, k) · b(k, n), all of them lanes; the steps say how far rows and columns lie apart.
public func multiplyMatrices(
  _ a: UnsafePointer<Lanes>, aRow: Int, aColumn: Int, _ b: UnsafePointer<Lanes>, bRow: Int, bColumn: Int, rows: Int,
  inner: Int, columns: Int, accumulate: Bool, into target: LanePointer
) {
  for m in 0..<rows {
    for n in 0..<columns {
      var sum = accumulate ? target[m &* columns &+ n] : Lanes.zero
      for k in 0..<inner {
        sum = multiplyAdd(a[m &* aRow &+ k &* aColumn], b[k &* bRow &+ n &* bColumn], sum)
      }
      target[m &* columns &+ n] = sum
    }
  }
}
