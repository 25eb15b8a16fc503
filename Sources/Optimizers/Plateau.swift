// The schedule that watches a figure of the validation.

import Fields

/// Which way a watched figure should go, in PyTorch's words.
public enum PlateauMode: String, Hashable, Sendable, CaseIterable, Codable {
  /// The validation loss, which should fall.
  case minimum = "min"
  /// The validation accuracy, which should rise.
  case maximum = "max"
}

/// Lowers the rate when a figure has stopped improving; PyTorch's `ReduceLROnPlateau` with relative threshold.
public struct PlateauSchedule: Hashable, Sendable, Codable {
  public var mode = PlateauMode.minimum
  public var factor: Double
  public var patience: Int
  public var threshold: Double
  public var cooldown: Int
  public var minimum: Double
  private var best: Double?
  private var badEpochs = 0
  private var cooling = 0

  public init(
    factor: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4, cooldown: Int = 0, minimum: Double = 0
  ) {
    self.factor = factor
    self.patience = patience
    self.threshold = threshold
    self.cooldown = cooldown
    self.minimum = minimum
  }

  public mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.choice("mode", &mode, "min watches the validation loss, max the validation accuracy")
    try fields.double("factor", &factor, .properShare, "what the rate is multiplied by")
    try fields.int("patience", &patience, in: 0...1_000_000, "epochs without an improvement that are borne")
    try fields.double("threshold", &threshold, .notNegative, "how much better, relatively, counts as better")
    try fields.int("cooldown", &cooldown, in: 0...1_000_000, "epochs of peace after a change")
    try fields.double("min_lr", &minimum, .notNegative, "the lowest rate")
  }

  /// Whether what it has counted can be.
  public var isSound: Bool { (0...1_000_000).contains(badEpochs) && (0...1_000_000).contains(cooling) }

  /// The rate after an epoch with this figure.
  public mutating func rate(_ rate: Double, after figure: Double) -> Double {
    if isBetter(figure) {
      best = figure
      badEpochs = 0
    } else {
      badEpochs += 1
    }
    if cooling > 0 {
      cooling -= 1
      badEpochs = 0
    }
    guard badEpochs > patience else { return rate }
    cooling = cooldown
    badEpochs = 0
    let lowered = max(minimum, rate * factor)
    // PyTorch leaves a change alone that is too small to matter.
    return rate - lowered > 1e-8 ? lowered : rate
  }

  private func isBetter(_ figure: Double) -> Bool {
    guard let best else { return figure.isFinite }
    return mode == .minimum ? figure < best * (1 - threshold) : figure > best * (1 + threshold)
  }
}
