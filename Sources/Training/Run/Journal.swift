// The interventions of a run: its `journal.jsonl`, and which of them have happened.

import Foundation
import Telemetry

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
