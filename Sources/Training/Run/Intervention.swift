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
    } else if case .int(let epochs)? = fields["epochs"], epochs >= 1 {
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

/// The interventions of a run, in the order of their units, and which of them have happened.
struct Journal: Hashable, Sendable {
  private(set) var interventions: [Intervention] = []
  /// How many have happened.
  private(set) var done = 0

  init() {}

  /// Reads the whole lines of a `journal.jsonl`; the last may be torn.
  ///
  /// - Throws: `RunError` naming the line that is no intervention, or comes too late.
  init(_ text: Data, file: String) throws {
    for (index, line) in wholeLines(of: text).enumerated() {
      guard let next = Intervention(line: line) else {
        throw RunError("\(file): line \(index + 1): expected an intervention, such as {\"unit\":12,\"epochs\":20,…}")
      }
      guard next.unit >= interventions.last?.unit ?? 0 else {
        throw RunError(
          "\(file): line \(index + 1): is of unit \(next.unit), after one of unit \(interventions.last?.unit ?? 0)")
      }
      interventions.append(next)
    }
  }

  /// Those that are to happen, or had happened, only after so many units.
  var pending: ArraySlice<Intervention> { interventions[done...] }

  /// Takes those that come before the next unit of work.
  mutating func takeDue(at unit: Int) -> [Change] {
    let first = done
    while done < interventions.count, interventions[done].unit <= unit { done += 1 }
    return interventions[first..<done].map(\.change)
  }

  /// Goes to a state in which so many have happened.
  mutating func move(toDone count: Int) { done = min(count, interventions.count) }

  /// Adds what has just happened. What was to come later belongs to a run that will not be: it is dropped.
  mutating func append(_ intervention: Intervention) {
    interventions.removeSubrange(done...)
    interventions.append(intervention)
    done = interventions.count
  }

  func text() throws -> [UInt8] {
    var bytes: [UInt8] = []
    for intervention in interventions {
      var line = try intervention.line()
      line.write(to: &bytes)
    }
    return bytes
  }
}

/// The lines of a text that end, without their ends: what follows the last end may be torn.
func wholeLines(of text: Data) -> [Data] {
  var lines: [Data] = []
  var rest = text[...]
  while let end = rest.firstIndex(of: 0x0a) {
    lines.append(rest[..<end])
    rest = rest[rest.index(after: end)...]
  }
  return lines
}
