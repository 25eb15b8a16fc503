// A value that a run was begun with.

/// A value of a configuration, by its key path.
public struct Setting: Sendable, Hashable, Codable {
  public let key: String
  public let value: String

  public init(key: String, value: String) { (self.key, self.value) = (key, value) }
}
