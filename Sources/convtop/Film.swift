// A recorded run, frame by frame.

import Dashboard
import Dispatch
import Telemetry
import Training

/// A run that is looked at frame by frame.
final class Film {
  private let trainer: Trainer
  private let size: Size
  private var model: DashboardModel
  private let watcher: Watcher
  private let news = DispatchSemaphore(value: 0)
  private var requests = 0

  init(_ trainer: Trainer, size: Size) {
    (self.trainer, self.size) = (trainer, size)
    model = DashboardModel(
      state: DashboardState(), run: trainer.description, status: trainer.status,
      capabilities: Capabilities(colors: .trueColor, unicode: true))
    let news = news
    watcher = trainer.addWatcher { news.signal() }
  }

  deinit { trainer.removeWatcher(watcher) }

  func look(at view: String, pane: String?, layer: String?) throws {
    if let layer {
      guard let index = model.run.layers.firstIndex(where: { $0.name == layer }) else {
        let names = model.run.layers.map(\.name).joined(separator: ", ")
        throw Failure(description: "there is no layer \(layer); there are \(names)", status: .failure)
      }
      model.state.layer = index
    }
    model.state.place.view = ViewName(rawValue: view) ?? .overview
    if let pane = Pane.all.first(where: { $0.name == pane }) {
      (model.state.place.pane, model.state.place.isZoomed) = (pane, true)
    }
  }

  /// The screen before the first step that is wanted, and after each so many.
  func frames(steps: ClosedRange<Int>?, every: Int, most: Int) throws -> [Grid] {
    if let first = steps?.lowerBound, first > trainer.status.step { advance(first - trainer.status.step) }
    var grids = [frame()]
    while trainer.status.phase != .finished, trainer.status.stop == nil, trainer.status.divergedAt == nil {
      let left = steps.map { $0.upperBound - trainer.status.step } ?? every
      guard left > 0 else { break }
      let before = trainer.status.step
      advance(min(every, left))
      // Where the record ends, nothing is new.
      guard trainer.status.step > before else { break }
      grids.append(frame())
      guard grids.count <= most else {
        throw Failure(
          description: "that makes more than \(grouped(most)) frames; expected a larger --every, or --steps",
          status: .failure)
      }
    }
    return grids
  }

  private func advance(_ steps: Int) {
    trainer.sendAndWait(.step(steps))
    while trainer.status.phase.isUnderWay { news.wait() }
  }

  private func frame() -> Grid {
    model.take(trainer.status)
    // Where the record ends it stops; that is no news in a film.
    model.status.stop = nil
    if var request = Dashboard.request(model, size: size) {
      requests += 1
      request.number = requests
      trainer.request(request, for: watcher)
      while trainer.snapshot(for: watcher)?.request.number != requests { news.wait() }
      model.take(trainer.snapshot(for: watcher))
    }
    return Dashboard.render(model, size: size)
  }
}
