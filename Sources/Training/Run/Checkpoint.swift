// A run's whole state in a file: parameters, what the optimiser remembers, and where the run stands.

import Foundation
import Interchange
import Telemetry
import Tensors

/// A run's whole state, and how far the run's other files went with it.
///
/// In the file, which any reader of safetensors opens, the tensors are the parameters by their names and the optimiser's memory
/// (`optimizer.exp_avg.conv1.weight`); among the notes, `state` is the rest of the state as JSON. The curves are not in it:
/// they follow from `metrics.jsonl`.
struct Checkpoint: Sendable {
  /// Raised when a file of the present kind could not be read by an earlier program any more.
  static let version = 2

  /// Without its curves.
  let state: RunState
  let layout: [(name: String, shape: Shape)]
  /// Where `metrics.jsonl` ended, in bytes.
  let metricsBytes: Int
  /// How many interventions had happened.
  let interventions: Int
  /// What the run was begun with, as far as results depend on it.
  let configuration: [String: String]
  let unit: Int

  /// What the notes hold of a state.
  private struct Notes: Codable {
    let state: RunState
    let unit: Int
    let metricsBytes: Int
    let interventions: Int
    let configuration: [String: String]
  }

  init(_ loop: TrainingLoop, metricsBytes: Int, interventions: Int, configuration: [String: String]) {
    var state = loop.state()
    state.series = SeriesList()
    (self.state, layout, unit) = (state, loop.stateLayout, loop.unit)
    (self.metricsBytes, self.interventions, self.configuration) = (metricsBytes, interventions, configuration)
  }

  /// Hands the file's bytes to `body`, piece by piece: the numbers are not copied.
  func withBytes<Result>(_ body: ([UnsafeRawBufferPointer]) throws -> Result) throws -> Result {
    let notes = Notes(
      state: state, unit: unit, metricsBytes: metricsBytes, interventions: interventions, configuration: configuration)
    var head = try Safetensors.head(
      layout,
      metadata: [
        "format": "convtop", "format_version": String(Checkpoint.version), "step": String(state.position.step),
        "epochs_done": String(state.position.epoch - 1),
        "state": String(decoding: try TelemetryCoding.encode(notes), as: UTF8.self),
        Safetensors.checksumKey: Safetensors.noChecksum,
      ])
    return try state.numbers.values.withUnsafeBytes { numbers in
      Safetensors.seal(&head, body: numbers)
      return try head.withUnsafeBytes { try body([$0, numbers]) }
    }
  }

  /// Reads a file's bytes.
  ///
  /// - Throws: `RunError` saying what is wrong with them, without the file's name.
  init(_ data: Data) throws {
    let isIntact = Safetensors.isIntact(data)
    guard isIntact != false else { throw RunError("is damaged: its checksum is another") }
    let file: Safetensors
    do { file = try Safetensors(data) } catch { throw RunError("\(error)") }
    let version = file.metadata["format_version"]
    guard isIntact == true, version == String(Checkpoint.version) else {
      throw RunError(
        "is no checkpoint of this version of the program: found format_version \(version ?? "none"), expected "
          + "\(Checkpoint.version) and a checksum")
    }
    guard let text = file.metadata["state"],
      let notes = try? TelemetryCoding.decode(Notes.self, from: Data(text.utf8)), notes.unit >= 0,
      notes.metricsBytes >= 0, notes.interventions >= 0, notes.state.isSound
    else { throw RunError("does not say where the run stood") }
    var state = notes.state
    // As the file has them, which need not be the order of its header.
    let tensors = file.tensors
    state.numbers = RunNumbers(tensors.flatMap { $0.tensor.values })
    (self.state, unit) = (state, notes.unit)
    layout = tensors.map { ($0.name, $0.tensor.shape) }
    (metricsBytes, interventions, configuration) = (notes.metricsBytes, notes.interventions, notes.configuration)
  }
}

extension Checkpoint {
  /// Whether its state is another's to the last bit, what is not a number included; the curves aside.
  func hasState(of loop: TrainingLoop) throws -> Bool {
    let other = Checkpoint(loop, metricsBytes: 0, interventions: 0, configuration: [:]).state
    guard state.numbers == other.numbers else { return false }
    return try TelemetryCoding.encode(state) == TelemetryCoding.encode(other)
  }
}

extension RunState {
  /// Whether it can be the state of some run.
  fileprivate var isSound: Bool {
    (0...1 << 53).contains(position.step) && (1...Change.mostEpochs + 1).contains(position.epoch)
      && position.stepInEpoch >= 0
      && (1...Change.mostEpochs).contains(epochs) && (0...position.step).contains(optimizerSteps)
      && origin.epoch >= 1 && (0...position.step).contains(origin.step)
      && schedule.plateau?.isSound != false
      && schedule.baseRate >= 0 && schedule.factor >= 0 && schedule.baseRate.isFinite && schedule.factor.isFinite
  }
}

extension TrainingLoop {
  /// The state that a checkpoint holds, which `restore` takes.
  ///
  /// - Throws: `RunError` naming the tensor that is missing or of another shape, or saying why this run can have no such state.
  func state(_ checkpoint: Checkpoint, series: SeriesList) throws -> RunState {
    var state = checkpoint.state
    state.numbers = try numbers(of: checkpoint, stateLayout)
    state.series = series
    guard canStand(at: state), checkpoint.unit == unit(of: state) else {
      throw RunError("stands where this run cannot: its data set or its batch size is another")
    }
    return state
  }

  /// Whether a state is one of this run's.
  private func canStand(at state: RunState) -> Bool {
    let (position, images) = (state.position, state.validated.images)
    let epochsDone = position.epoch.subtractingReportingOverflow(state.origin.epoch).partialValue
    let steps = epochsDone.multipliedReportingOverflow(by: stepsPerEpoch)
    guard !steps.overflow, (0...state.epochs).contains(epochsDone), position.stepInEpoch <= stepsPerEpoch,
      steps.partialValue.addingReportingOverflow(position.stepInEpoch).partialValue == position.step - state.origin.step
    else { return false }
    let isValidating = position.stepInEpoch == stepsPerEpoch
    let trained = min(sampler.trainCount, position.stepInEpoch * configuration.training.batchSize)
    guard state.trained.images == trained else { return false }
    return (0..<max(1, sampler.validationIndices.count)).contains(images) && (isValidating || images == 0)
      && images % Classifier.evaluationBatch == 0
      && (state.schedule.plateau == nil) == (progress.schedule.plateau == nil)
  }

  /// Takes a checkpoint's parameters, and nothing else of it.
  ///
  /// - Throws: `RunError`, as above.
  func restoreParameters(_ checkpoint: Checkpoint) throws {
    let parameters = classifier.model.parameters
    let numbers = try numbers(of: checkpoint, parameters.map { ($0.name, $0.shape) })
    var first = 0
    for parameter in parameters {
      parameter.assign(Tensor(parameter.shape, Array(numbers.values[first..<first + parameter.count])))
      first += parameter.count
    }
  }

  /// A checkpoint's numbers in the order of a layout.
  private func numbers(of checkpoint: Checkpoint, _ layout: [(name: String, shape: Shape)]) throws -> RunNumbers {
    var places: [String: (first: Int, shape: Shape)] = [:]
    var first = 0
    for (name, shape) in checkpoint.layout {
      places[name] = (first, shape)
      first += shape.count
    }
    var numbers: [Float] = []
    numbers.reserveCapacity(first)
    for (name, shape) in layout {
      guard let place = places[name] else { throw RunError("has no tensor \(name)") }
      guard place.shape == shape else { throw RunError("\(name) has shape \(place.shape); the model's has \(shape)") }
      numbers += checkpoint.state.numbers.values[place.first..<place.first + shape.count]
    }
    return RunNumbers(numbers)
  }
}
