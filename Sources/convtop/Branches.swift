// A run and the forks that were made of it on one screen: their trainers and their folders.

import ArgumentParser
import Dashboard
import Experiments
import Foundation
import Telemetry
import Training
import Workers

/// Runs that take turns on one queue, each in a folder of its own.
final class Branches {
  /// A run, and how it went when its screen was left.
  private struct Branch {
    let trainer: Trainer
    var run: ServedRun?
    var before: RunStatus
  }

  private var all: [Branch]
  /// The last verdict: a screen asks for it with every frame.
  private var known: (epoch: Int, runs: Int, verdict: String)?

  init(_ trainer: Trainer) { all = [Branch(trainer: trainer, before: trainer.status)] }

  private var first: Trainer { all[0].trainer }

  /// Has the run written down.
  ///
  /// - Parameter record: has the trainer write to the run's folder.
  /// - Returns: the folder, and why nobody else can watch it; nil when they can.
  func record(_ record: (Trainer) throws -> RunFolder) throws -> (folder: String, complaint: String?) {
    let run = ServedRun(first, try record(first))
    all[0].run = run
    return (run.folder.path, run.complaint)
  }

  // MARK: - Forks

  /// Forks a run where it stands.
  ///
  /// - Throws: `RunError`, `ConfigurationError` or `Failure`; nothing has changed then.
  func fork(_ index: Int, overrides: [String], frozen: [String]) throws -> Lanes.Newcomer {
    guard let parent = all[index].run else {
      throw Failure(description: "this run is written nowhere, so nothing can be forked from it", status: .output)
    }
    guard all.count < Lane.most else {
      throw Failure(
        description:
          "\(Lane.most) runs are side by side, and no more can be told apart; convtop fork makes one without a screen",
        status: .output)
    }
    let (folder, origin) = try all[index].trainer.fork(overrides: overrides, frozen: frozen)
    let (run, settings): (ServedRun, [Setting])
    do { (run, settings) = try open(folder) } catch {
      // A fork that cannot be shown was not asked for.
      try? FileManager.default.removeItem(atPath: folder)
      throw error
    }
    // It stops where the other one would; what it says of that is not news to whoever asked for it there.
    for breakpoint in all[index].trainer.status.breakpoints where breakpoint.isOn {
      run.trainer.sendAndWait(.addBreakpoint(breakpoint.condition))
    }
    all.append(Branch(trainer: run.trainer, run: run, before: run.trainer.status))
    for branch in all {
      branch.trainer.compareAnswers()
      branch.trainer.sharePast(among: all.count)
    }
    let words = origin.changes.sorted { $0.key < $1.key }.map { key, values in
      "\(key.split(separator: ".").last ?? "") \(key == "frozen" ? values.joined(separator: " ") : values.last ?? "")"
    }
    let changes = origin.words.isEmpty ? "nothing changed" : origin.words.joined(separator: ", ")
    let complaint = run.complaint.map { "; \($0)" } ?? ""
    return Lanes.Newcomer(
      source: run.trainer, title: words.isEmpty ? "unchanged" : words.joined(separator: ", "), folder: folder,
      settings: settings,
      notice:
        "a fork of \(parent.folder.path) at step \(grouped(origin.step)): \(changes); Space runs both, ; shows the other"
        + complaint)
  }

  /// Opens the folder of a fork beside the others.
  private func open(_ folder: String) throws -> (run: ServedRun, settings: [Setting]) {
    let resumption = try Resumption(run: folder)
    do {
      let settings = try ForkPlan.settings(resumption.configuration)
      let trainer = try Trainer(resumption.configuration, beside: first)
      try trainer.resume(resumption)
      return (ServedRun(trainer, resumption.folder), settings)
    } catch {
      resumption.folder.release()
      throw error
    }
  }

  /// Who is ahead after the last epoch that all have validated, in a sentence; nil before there is one.
  func verdict() -> String? {
    let answers = all.map(\.trainer.answersByEpoch)
    let common = answers.dropFirst().reduce(Set(answers[0].keys)) { $0.intersection($1.keys) }
    guard let epoch = common.max() else { return nil }
    if let known, known.epoch == epoch, known.runs == all.count { return known.verdict }
    let verdict = verdict(answers.compactMap { $0[epoch] }, epoch)
    known = (epoch, all.count, verdict)
    return verdict
  }

  private func verdict(_ right: [[Bool]], _ epoch: Int) -> String {
    let order = right.indices.sorted { a, b in
      (right[a].count { $0 }, b) > (right[b].count { $0 }, a)
    }
    let test = PairedTest(right[order[0]], right[order[1]])
    return "\(test.lead(Lane.letters[order[0]], Lane.letters[order[1]])) after epoch \(epoch): \(test.noise)"
  }

  // MARK: - Leaving

  /// Saves all, so that other processes can go on with them.
  ///
  /// - Returns: why that cannot be; all is as before then.
  func prepareToDetach() -> String? {
    for index in all.indices { all[index].before = all[index].trainer.status }
    for index in all.indices {
      guard let complaint = all[index].run?.prepareToLeave() else { continue }
      for earlier in all[..<index] { earlier.run?.stay(isUnderWay: earlier.before.isTraining) }
      return complaint
    }
    return nil
  }

  /// Has other processes go on with all that are saved and not over.
  ///
  /// - Throws: the first failure, once the others are started.
  func detach() throws {
    var failures: [any Error] = []
    for branch in all {
      guard let run = branch.run else { continue }
      guard ![.finished, .failed].contains(branch.before.phase), branch.before.divergedAt == nil else {
        run.trainer.releaseFolder()
        tell(branch)
        continue
      }
      let breakpoints = branch.before.breakpoints.filter(\.isOn).map(\.condition)
      do {
        try DetachedRun.start(
          from: run, pace: branch.before.pace, isPaused: !branch.before.isTraining, breakpoints: breakpoints)
      } catch { failures.append(error) }
    }
    if let failure = failures.first { throw failure }
  }

  /// Goes on without a screen until all are over or a signal ends them; paused or not, they stay as they were.
  func goOnWithoutScreen() throws {
    let failures = Locked<[any Error]>([])
    let ended = DispatchGroup()
    for branch in all {
      guard let run = branch.run else { continue }
      // Each waits for its own end, so each has a thread of its own.
      nonisolated(unsafe) let headless = HeadlessRun(run, SilentReport(), ignoring: [SIGHUP], startsRunning: false)
      ended.enter()
      Thread.detachNewThread {
        do { try headless.run() } catch { failures.withLock { $0.append(error) } }
        ended.leave()
      }
    }
    ended.wait()
    if let failure = failures.withLock({ $0.first }) { throw failure }
  }

  /// Saves what has been learned, and says where.
  func finish() {
    for branch in all { branch.trainer.sendAndWait(.stop) }
    for branch in all {
      branch.run?.stopServing()
      tell(branch)
    }
  }

  /// How a run has ended, where it is, and how to go on with it.
  private func tell(_ branch: Branch) {
    let (trainer, status) = (branch.trainer, branch.trainer.status)
    if let failure = status.failure { complain(failure) }
    if let fault = status.storageFault { complain(unsaved(fault, status)) }
    guard let folder = branch.run?.folder else { return }
    if status.step == 0, folder.discardIfUnused() {
      say("\(trainer.description.name): nothing was trained, so no run was kept")
    } else {
      say("\(trainer.description.name): \(status.step) of \(status.steps) steps, run \(shown(folder.path))")
      if status.phase != .finished { say("next: convtop --resume --run \(quoted(folder.path))") }
    }
  }
}
