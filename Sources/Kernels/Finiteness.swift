// Whether numbers are finite.

import CVector

/// Whether all of some vectors' numbers are finite: x · 0 is 0 for every finite x and not a number for others, so the sum of
/// such products tells it without a branch.
public func areFinite(_ x: UnsafePointer<Lanes>, vectors: Int) -> Bool {
  let nothing = Lanes.zero
  var sums = (nothing, nothing)
  for index in stride(from: 0, to: vectors / 2 * 2, by: 2) {
    sums.0 += x[index] * nothing
    sums.1 += x[index + 1] * nothing
  }
  if vectors % 2 == 1 { sums.0 += x[vectors - 1] * nothing }
  let sum = sums.0 + sums.1
  return sum == nothing
}
