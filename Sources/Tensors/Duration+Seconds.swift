// From a duration to seconds.

extension Duration {
  /// The duration in seconds, as far as a Double is exact.
  public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
