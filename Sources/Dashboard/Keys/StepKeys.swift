// The way through a step, one layer at a time.

import Telemetry

extension KeyBinding {
  static let stepKeys: [KeyBinding] = [
    .choice("stage-before", [.left], "←", line: ("← →", "walk"), "back in the step: update, backward, loss, forward") {
      $0.walk(-$1.repeats, $1.run)
    },
    .choice("stage-after", [.right], "→", "on in the step: forward, loss, backward, update") {
      $0.walk($1.repeats, $1.run)
    },
    .choice("image-before", [.up], "↑", line: ("↑ ↓", "image"), "the image before, which is lost more on") {
      $0.glass.move(-$1.repeats, $1.model)
    },
    .choice("image-after", [.down], "↓", "the next image, which is lost less on") {
      $0.glass.move($1.repeats, $1.model)
    },
    .choice("worst-image", [.home], "Home", "the image that is lost most on") { state, _ in state.glass.image = 0 },
    .choice("best-image", [.end], "End", "the image that is lost least on") { $0.glass.move(1 << 16, $1.model) },
  ]
}

extension DashboardState {
  /// A place in a step: a stage, and the layer that it is at.
  private struct StepPlace: Hashable {
    let stage: StepStage
    let layer: Int
  }

  /// All places of a step, in the order in which they come: forward layer by layer, the loss, backward, and what is added.
  private static func way(_ run: RunDescription) -> [StepPlace] {
    let layers = run.layers.indices
    return layers.map { StepPlace(stage: .forward, layer: $0) }
      + [StepPlace(stage: .loss, layer: max(0, layers.count - 1))]
      + layers.reversed().map { StepPlace(stage: .backward, layer: $0) }
      + layers.filter { run.layers[$0].filters != nil }.map { StepPlace(stage: .update, layer: $0) }
  }

  /// Goes on in the step, or back.
  mutating func walk(_ count: Int, _ run: RunDescription) {
    let way = DashboardState.way(run)
    let stage = glass.stage
    // A layer may have been chosen that the stage passes by.
    let here =
      way.firstIndex(of: StepPlace(stage: stage, layer: layer))
      ?? way.firstIndex { $0.stage == stage && (stage == .loss || $0.layer >= layer) }
      ?? way.lastIndex { $0.stage == stage } ?? 0
    let place = way[max(0, min(here + count, way.count - 1))]
    glass.stage = place.stage
    selectLayer(place.layer, run)
  }
}
