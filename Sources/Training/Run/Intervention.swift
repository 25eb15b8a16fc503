// What a person changed while a run went on: the lines of `journal.jsonl`.

import Fields
import Foundation
import Telemetry

/// A change of a run that its configuration does not say.
enum Change: Hashable, Sendable {
  /// What the schedule's learning rates are multiplied by.
  case learningRateFactor(Double)
  /// The learning rate that the schedule starts from.
  case learningRate(Double)
  /// How many epochs there are to be, in all.
  case epochs(Int)
  /// The layer of a name is left as it is from now on, or trained again.
  case frozen(String, Bool)

  /// As many as a configuration may have.
  static let mostEpochs = 1_000_000
}

/// A change, and the unit of work before which it happened: with the configuration, all of these make a run.
struct Intervention: Hashable, Sendable {
  /// How many units of work had been done.
  let unit: Int
  /// Where that was, for people.
  let step: Int
  let epoch: Int
  let change: Change

  /// The line of `journal.jsonl`.
  func line() throws -> JSONLine {
    var line = JSONLine()
    line.add("unit", unit)
    line.add("step", step)
    line.add("epoch", epoch)
    switch change {
    case .learningRateFactor(let factor): line.add("learning_rate_factor", factor)
    // A configuration's rates are of single precision.
    case .learningRate(let rate): line.add("learning_rate", Float(rate))
    case .epochs(let epochs): line.add("epochs", epochs)
    case .frozen(let layer, let isFrozen): try line.add(isFrozen ? "freeze" : "unfreeze", layer)
    }
    return line
  }

  /// Reads such a line; nil when it is none.
  init?(line: some Sequence<UInt8>) {
    guard case .object(let fields)? = try? JSONParser.parse(line), fields.count == 4,
      case .int(let unit)? = fields["unit"], case .int(let step)? = fields["step"],
      case .int(let epoch)? = fields["epoch"], unit >= 0, step >= 0, epoch >= 1
    else { return nil }
    (self.unit, self.step, self.epoch) = (unit, step, epoch)
    func number(_ key: String) -> Double? {
      switch fields[key] {
      case .int(let value): Double(value)
      case .double(let value): value
      default: nil
      }
    }
    if let factor = number("learning_rate_factor"), factor >= 0 {
      change = .learningRateFactor(factor)
    } else if let rate = number("learning_rate"), rate >= 0 {
      change = .learningRate(Double(Float(rate)))
    } else if case .int(let epochs)? = fields["epochs"], (1...Change.mostEpochs).contains(epochs) {
      change = .epochs(epochs)
    } else if case .string(let layer)? = fields["freeze"] {
      change = .frozen(layer, true)
    } else if case .string(let layer)? = fields["unfreeze"] {
      change = .frozen(layer, false)
    } else {
      return nil
    }
  }

  init(_ loop: TrainingLoop, _ change: Change) {
    (unit, step, epoch, self.change) = (loop.unit, loop.step, loop.epoch, change)
  }
}
