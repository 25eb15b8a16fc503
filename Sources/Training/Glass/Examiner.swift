// Answers what is asked of a step from within, a while at a time, between a run's commands and pictures.

import Telemetry

/// The step that is examined while a run rests: the last one, or the next one where the run has stopped before it or none was made.
struct ExaminedPlace: Hashable {
  let step: Int
  let isTried: Bool
}

/// Looks at a run through a microscope for those who ask: one thing at a time, in pieces that hold nobody up.
final class Examiner {
  let microscope: Microscope
  private var search: CauseSearch?
  private var step: ExaminedPlace?
  private var target: ExaminedPlace?
  /// The answers that took long, the newest last.
  private var causes: [CausePictures] = []

  /// Somebody who looks at one filter after the other comes back to these.
  private static let mostCauses = 32

  init(_ microscope: Microscope) { self.microscope = microscope }

  /// How the run's past came out otherwise, in a sentence; nothing that is shown of it could be believed.
  var fault: String? { microscope.fault }

  /// What is known was of another run: somebody has changed this one.
  func forget() {
    microscope.forget()
    (search, step, target, causes) = (nil, nil, nil, [])
  }

  /// The answer to a request; nil where it takes `goOn` first.
  func pictures(_ request: GlassRequest, at place: ExaminedPlace) -> GlassPictures? {
    step == place ? microscope.pictures(request, isTried: place.isTried) : nil
  }

  func pictures(_ request: CauseRequest, layer: Int, at place: ExaminedPlace) -> CausePictures? {
    causes.last { $0.request == request && $0.layer == layer && $0.steps.upperBound == place.step }
  }

  /// Goes on towards the state before a step, and makes that step.
  ///
  /// - Returns: how much is done, from 0 to below 1; nil once it is there.
  func goOn(to place: ExaminedPlace, from start: Start, until deadline: ContinuousClock.Instant) -> Double? {
    let loop = microscope.loop
    if target != place {
      (search, step, target) = (nil, nil, place)
      microscope.jump(to: start)
    }
    // Only a state that it has gone to says how its steps are numbered.
    let unit = loop.unit(beforeStep: place.step)
    guard microscope.goOn(to: unit, until: deadline) else {
      return Double(loop.unit - start.keyframe.unit) / Double(max(1, unit - start.keyframe.unit))
    }
    microscope.examine()
    (step, target) = (place, nil)
    return nil
  }

  /// Goes on with the search for what moved a filter.
  ///
  /// - Parameter start: a place before the first of the steps.
  /// - Returns: how much is done, from 0 to below 1; nil once it is over.
  func goOn(
    with request: CauseRequest, layer: Int, steps: ClosedRange<Int>, from start: () -> Start,
    until deadline: ContinuousClock.Instant
  ) -> Double? {
    if search?.request != request || search?.layer != layer || search?.steps != steps {
      search = CauseSearch(request, layer: layer, steps: steps, from: start(), microscope)
      target = nil
    }
    guard var current = search else { return nil }
    // The search is changed in place, not copied with all that it holds.
    search = nil
    let isOver = current.goOn(microscope, until: deadline)
    guard isOver else {
      search = current
      return current.progress(microscope.loop)
    }
    causes = (causes + [current.pictures(microscope.loop)]).suffix(Examiner.mostCauses)
    return nil
  }
}
