// The main thread: sleeps until a key, a signal or news from the trainer, and redraws what changed.

import Dashboard
import Foundation
import Synchronization
import Terminal
import Training

/// Connects a trainer and a screen until the person quits.
final class DashboardLoop {
  private let trainer: Trainer
  private let setup: TrainingSetup
  /// Nil when nothing trains: there is nothing to write down.
  private var folder: RunFolder?
  private let pipe: WakePipe
  private let screen: Screen
  private var model: DashboardModel
  private let startsPaused: Bool
  /// A picture has been asked for and has not come yet.
  private var isWaiting = false
  private var lastFrame = ContinuousClock.now
  private var frameCost = Duration.zero

  /// Data are redrawn at most ten times a second, and never for more than a fiftieth of the time.
  private static let frameInterval = Duration.milliseconds(100)
  private static let costFactor = 50

  /// - Parameter folder: where to write the run; nil for a fresh folder.
  /// - Throws: `Failure`, `RunError`, or whatever a trainer throws; the terminal is as before then, and no folder is left.
  init(_ setup: TrainingSetup, folder: String?, notice: String?, startsPaused: Bool) throws {
    self.setup = setup
    self.startsPaused = startsPaused
    let pipe = try WakePipe()
    self.pipe = pipe
    trainer = try Trainer(setup) { event in
      if case .changed = event { pipe.wake() }
    }
    do { screen = try Screen(pipe) } catch let error as TerminalError {
      throw Failure(description: error.description, status: .failure)
    }
    let configuration = setup.configuration
    if !configuration.training.trainsNothing {
      do {
        let run = try RunFolder(configuration, path: folder)
        trainer.record(in: run)
        self.folder = run
      } catch {
        screen.close()
        throw error
      }
    }
    var capabilities = screen.capabilities
    if configuration.dashboard.theme != .auto { capabilities.isLight = configuration.dashboard.theme == .light }
    model = DashboardModel(
      state: DashboardState(probe: min(configuration.dashboard.probe, trainer.validationCount - 1)),
      status: trainer.status, layers: trainer.layers, classes: setup.dataset.classes, runName: configuration.name,
      datasetName: setup.dataset.name, probes: trainer.validationCount, notice: notice,
      smoothing: configuration.dashboard.smoothing, capabilities: capabilities)
  }

  /// Runs until the person quits or a signal ends it; returns the exit status.
  func run() -> Int32 {
    draw()
    requestPictures()
    if !startsPaused { trainer.send(.run) }
    while true {
      let isThere = waitForEvent(pipe, milliseconds: timeToNextFrame())
      if !isThere { return leave(128 + SIGHUP) }
      for byte in pipe.drain() {
        switch Int32(byte) {
        case 0: takeNews()
        case SIGWINCH:
          screen.resize()
          refresh()
        case SIGTSTP:
          screen.suspend()
          refresh()
        case SIGCONT:
          screen.resume()
          refresh()
        case let signal: return leave(128 + signal)
        }
      }
      while let key = screen.nextKey() {
        switch model.state.handle(
          key, layers: model.layers, probes: model.probes, state: trainer.status.state,
          trains: model.trains)
        {
        case .none: break
        case .command(let command): trainer.send(command)
        case .quit: return leave(0)
        }
        refresh()
      }
      if isFrameDue { requestPictures() }
    }
  }

  private var isTraining: Bool {
    switch model.status.state {
    case .running, .pausing: true
    case .idle, .paused, .finished, .failed: false
    }
  }

  private var interval: Duration { max(DashboardLoop.frameInterval, frameCost * DashboardLoop.costFactor) }
  private var isFrameDue: Bool { isTraining && !isWaiting && ContinuousClock.now - lastFrame >= interval }

  /// Milliseconds to sleep; nil for as long as nothing happens: an idle screen costs nothing.
  private func timeToNextFrame() -> Int? {
    guard isTraining && !isWaiting else { return nil }
    let left = interval - (ContinuousClock.now - lastFrame)
    let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
    return max(0, Int(milliseconds) + 1)
  }

  /// The trainer has a picture ready, or has changed its state.
  private func takeNews() {
    let before = model.status.state
    isWaiting = false
    draw()
    if model.status.state != before { requestPictures() }
  }

  /// Draws at once and has the pictures follow.
  private func refresh() {
    draw()
    requestPictures()
  }

  private func requestPictures() {
    guard let request = Dashboard.request(model, size: screen.size) else {
      // A screen too small for pictures is looked at again when its next frame would be due.
      lastFrame = .now
      return
    }
    isWaiting = true
    trainer.request(request)
  }

  private func draw() {
    let start = ContinuousClock.now
    model.status = trainer.status
    model.snapshot = trainer.snapshot
    screen.show(Dashboard.render(model, size: screen.size))
    lastFrame = .now
    frameCost = lastFrame - start
  }

  /// Gives the terminal back, then saves what has been learned.
  private func leave(_ status: Int32) -> Int32 {
    screen.close()
    let saved = DispatchSemaphore(value: 0)
    trainer.send(.stop) { saved.signal() }
    saved.wait()
    if let failure = trainer.status.failure { complain(failure) }
    if let folder {
      say("\(setup.configuration.name): \(trainer.status.step) of \(trainer.status.steps) steps, run \(folder.path)")
    }
    return status
  }
}
