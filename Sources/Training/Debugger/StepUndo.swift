// A step taken back.

/// All that a step changes of a run's numbers, from before it: a step that was tried is taken back.
struct StepUndo {
  private var numbers: [Float] = []
  private var steps = 0
  private var scalars: [String: Double] = [:]

  mutating func remember(_ loop: TrainingLoop) {
    if numbers.isEmpty { numbers = [Float](repeating: 0, count: loop.stateCount) }
    numbers.withUnsafeMutableBufferPointer { loop.copyNumbers(into: $0) }
    (steps, scalars) = (loop.optimizer.steps, loop.optimizer.scalars)
  }

  func takeBack(_ loop: TrainingLoop) {
    numbers.withUnsafeBufferPointer { loop.takeNumbers($0) }
    (loop.optimizer.steps, loop.optimizer.scalars) = (steps, scalars)
    loop.isFinite = true
    for layer in loop.layerMeasures { layer.forget() }
  }
}
