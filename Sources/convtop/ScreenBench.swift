// How long a frame takes: what holds up the run, and what is drawn.

import Dashboard
import Datasets
import Experiments
import Foundation
import Telemetry
import Tensors
import Training

/// Measures each view of a configuration's dashboard, some steps into its training.
struct ScreenBench {
  let size: Size
  let repetitions: Int

  struct Row {
    let view: ViewName
    /// Milliseconds, sorted.
    let snapshots: [Double]
    let drawings: [Double]
  }

  func rows(_ configuration: Configuration) throws -> [Row] {
    let trainer = try Trainer(configuration)
    let paused = DispatchSemaphore(value: 0)
    let watcher = trainer.addWatcher {
      if [.paused, .finished, .failed].contains(trainer.status.phase) { paused.signal() }
    }
    trainer.send(.step(64))
    paused.wait()
    trainer.removeWatcher(watcher)
    return ViewName.allCases.map { view in
      let capabilities = Capabilities(colors: .trueColor, unicode: true)
      var model = DashboardModel(
        state: DashboardState(), run: trainer.description, status: trainer.status, capabilities: capabilities)
      // A layer in the middle, as somebody would look at.
      model.state.layer = model.run.layers.indices.last { model.run.layers[$0].kind == "conv2d" } ?? 0
      _ = model.handle(.function(view.number), size: size)
      var (snapshots, drawings): ([Double], [Double]) = ([], [])
      let answered = DispatchSemaphore(value: 0)
      let watcher = trainer.addWatcher { answered.signal() }
      for number in 1...repetitions {
        guard var request = Dashboard.request(model, size: size) else { break }
        request.number = number
        trainer.request(request, for: watcher)
        answered.wait()
        model.take(trainer.snapshot(for: watcher))
        snapshots.append(1e3 * (model.snapshot?.seconds ?? 0))
        drawings.append(1e3 * ContinuousClock().measure { _ = Dashboard.render(model, size: size) }.inSeconds)
      }
      trainer.removeWatcher(watcher)
      return Row(view: view, snapshots: snapshots.sorted(), drawings: drawings.sorted())
    }
  }
}
