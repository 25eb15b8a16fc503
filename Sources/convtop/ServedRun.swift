// A run with its folder, open to watchers from other processes.

import Attachment
import Foundation
import Telemetry
import Training

/// A trainer that writes to a folder, and the socket in it that others watch it through.
final class ServedRun {
  let trainer: Trainer
  let folder: RunFolder
  private var server: RunServer?
  /// Why nobody can watch it; nil when they can.
  private(set) var complaint: String?

  init(_ trainer: Trainer, _ folder: RunFolder) {
    (self.trainer, self.folder) = (trainer, folder)
    serve()
  }

  private func serve() {
    do {
      server = try RunServer(trainer, folder: folder.path, name: RunFolder.socketName)
      complaint = nil
    } catch {
      // A run without watchers is a run all the same.
      complaint = "nobody can attach to this run: \(error)"
    }
  }

  /// Lets the watchers go.
  func stopServing() {
    server?.stop()
    server = nil
  }

  /// Goes on here after all.
  func stay(isUnderWay: Bool) {
    serve()
    if isUnderWay { trainer.send(.run) }
  }

  /// Saves the run, so that another process can go on with it; nobody can command it any more.
  ///
  /// - Returns: why that cannot be; all is as before then.
  func prepareToLeave() -> String? {
    if let complaint { return "\(complaint): so nobody could come back to it" }
    let isUnderWay = trainer.status.isTraining
    stopServing()
    trainer.sendAndWait(.stop)
    guard let fault = trainer.status.storageFault else { return nil }
    stay(isUnderWay: isUnderWay)
    return "\(fault): no other process could go on with the run"
  }
}
