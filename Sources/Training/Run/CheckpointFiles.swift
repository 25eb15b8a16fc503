// The checkpoints of a run in its folder: which there are, the newest that is whole, and how one is added.

import Foundation
import Interchange

/// Which of a run's checkpoints.
public enum CheckpointChoice: Hashable, Sendable {
  case last
  /// The one with the best validation accuracy.
  case best
  /// The one after so many steps.
  case step(Int)

  /// `last`, `best` or a number; nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "last": self = .last
    case "best": self = .best
    default:
      guard let step = Int(text), step >= 0 else { return nil }
      self = .step(step)
    }
  }
}

/// A run's folder of checkpoints: `step-<n>.safetensors`, the last ones of them, and `best.safetensors`.
struct CheckpointFiles: Sendable {
  let folder: String

  /// What a fork begins with.
  let basePath: String

  init(run: String) { (folder, basePath) = ("\(run)/checkpoints", "\(run)/fork.safetensors") }

  func path(step: Int) -> String { "\(folder)/step-\(step).safetensors" }
  private var bestPath: String { "\(folder)/best.safetensors" }

  /// The steps that there are files for, the last first.
  var steps: [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
      return Int(name.dropFirst("step-".count).dropLast(".safetensors".count)).flatMap { $0 >= 0 ? $0 : nil }
    }.sorted(by: >)
  }

  /// What a fork begins with; nil for a run that is none.
  ///
  /// - Throws: `RunError` naming the file.
  func base() throws -> Checkpoint? {
    try FileManager.default.fileExists(atPath: basePath) ? read(basePath) : nil
  }

  /// Reads one.
  ///
  /// - Throws: `RunError` naming the file.
  func read(_ path: String) throws -> Checkpoint {
    let data = try readFile(path)
    do { return try Checkpoint(data) } catch let error as RunError {
      throw RunError("\(path): \(error)", isDamage: true)
    }
  }

  /// Reads the chosen one.
  ///
  /// - Throws: `RunError` naming the file, or what there is instead.
  func read(_ choice: CheckpointChoice) throws -> (checkpoint: Checkpoint, path: String) {
    let path: String
    switch choice {
    case .best: path = bestPath
    case .step(let step): path = self.path(step: step)
    case .last:
      guard let last = steps.first else {
        throw RunError("\(folder): holds no checkpoint; a run writes one when it begins, and then at each epoch's end")
      }
      path = self.path(step: last)
    }
    guard FileManager.default.fileExists(atPath: path) else {
      let found = steps.isEmpty ? "none" : steps.reversed().map(String.init).joined(separator: ", ")
      throw RunError("\(path): is not there; there are those of steps: \(found)")
    }
    return (try read(path), path)
  }

  /// Writes one, all at once, and then removes the oldest, so that `keep` are left.
  ///
  /// - Parameter isBest: whether it is also the best so far.
  /// - Throws: `RunError`.
  func write(_ checkpoint: Checkpoint, isBest: Bool, keep: Int) throws {
    let path = path(step: checkpoint.state.position.step)
    try checkpoint.withBytes { pieces in
      try replaceFile(path, pieces)
      if isBest {
        let temporary = "\(folder)/.best.\(getpid())"
        unlink(temporary)
        // One file under two names, where the file system has that; else two files.
        if link(path, temporary) != 0 {
          try replaceFile(bestPath, pieces)
        } else if rename(temporary, bestPath) != 0 {
          throw RunError("\(bestPath): cannot be written: \(systemReason)")
        }
      }
    }
    // Two names of one file: renaming one to the other does nothing, and leaves both.
    unlink("\(folder)/.best.\(getpid())")
    for step in steps.dropFirst(keep) { unlink(self.path(step: step)) }
  }

  /// Removes what a process left that was killed while it wrote.
  func removeUnfinished() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(".step-") || name.hasPrefix(".best.") { unlink("\(folder)/\(name)") }
  }

  /// Gives a file another name, under which it is none of the run's any more.
  func setAside(step: Int) {
    rename(path(step: step), "\(path(step: step)).damaged")
  }
}
