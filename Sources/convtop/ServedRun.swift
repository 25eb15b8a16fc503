// A run with its folder, open to watchers from other processes.

import Attachment
import Foundation
import Telemetry
import Training

/// A trainer that writes to a folder, and the socket in it that others watch it through.
final class ServedRun {
  let trainer: Trainer
  let folder: RunFolder
  private let server: RunServer?
  /// Why nobody can watch it; nil when they can.
  let complaint: String?

  init(_ trainer: Trainer, _ folder: RunFolder) {
    (self.trainer, self.folder) = (trainer, folder)
    do {
      server = try RunServer(trainer, folder: folder.path, name: RunFolder.socketName)
      complaint = nil
    } catch {
      // A run without watchers is a run all the same.
      server = nil
      complaint = "nobody can attach to this run: \(error)"
    }
  }

  /// Lets the watchers go.
  func stopServing() { server?.stop() }
}
