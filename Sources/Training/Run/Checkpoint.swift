// A run's state in a file: parameters, what the optimiser remembers, and where the run stood.

import Autograd
import Foundation
import Interchange
import Tensors

extension TrainingLoop {
  /// Everything that the run consists of now.
  func checkpoint() -> Safetensors {
    var tensors = classifier.model.parameters.map { (name: $0.name, tensor: $0.tensor) }
    for (memory, buffers) in optimizer.memory {
      for (parameter, buffer) in zip(optimizer.parameters, buffers) {
        let values = Array(UnsafeBufferPointer(start: buffer.floats, count: parameter.count))
        tensors.append(("optimizer.\(memory).\(parameter.name)", Tensor(parameter.shape, values)))
      }
    }
    return Safetensors(
      tensors: tensors,
      metadata: ["name": configuration.name, "step": String(step), "epochs_done": String(epoch - 1)])
  }

  /// Replaces the parameters by those of a checkpoint.
  ///
  /// - Throws: `RunError` naming the parameter that is missing or has another shape.
  func restoreParameters(_ checkpoint: Safetensors, path: String) throws {
    for parameter in classifier.model.parameters {
      guard let tensor = checkpoint[parameter.name] else {
        throw RunError("\(path): has no tensor \(parameter.name)")
      }
      guard tensor.shape == parameter.shape else {
        throw RunError("\(path): \(parameter.name) has shape \(tensor.shape); the model's has \(parameter.shape)")
      }
    }
    for parameter in classifier.model.parameters {
      if let tensor = checkpoint[parameter.name] { parameter.assign(tensor) }
    }
  }
}

/// A run's last checkpoint, measured on the test images.
public struct Evaluation: Sendable {
  public let run: String
  public let dataset: String
  public let images: Int
  public let loss: Double
  public let accuracy: Double
  /// The step after which the checkpoint was taken.
  public let step: Int

  /// Loads a run and measures it.
  ///
  /// - Throws: `RunError`, `ConfigurationError` or `DatasetError`.
  public init(run: String, threads: Int, overrides: [String] = []) throws {
    let configuration = try RunFolder.configuration(of: run, overrides: overrides)
    let path = RunFolder.checkpointPath(run)
    guard let data = FileManager.default.contents(atPath: path) else {
      throw RunError("\(path): cannot be read; a run writes it at the end of its first epoch")
    }
    let checkpoint: Safetensors
    do { checkpoint = try Safetensors(data) } catch { throw RunError("\(path): \(error)") }
    let dataset = try configuration.loadDataset()
    let loop = try TrainingLoop(configuration, dataset: dataset, threads: threads)
    try loop.restoreParameters(checkpoint, path: path)
    let count = configuration.dataset.test ?? dataset.test.count
    (loss, accuracy) = loop.evaluate(dataset.test, Array(0..<Int32(count)))
    self.run = run
    self.dataset = dataset.name
    images = count
    guard let done = checkpoint.metadata["step"].flatMap({ Int($0) }), done >= 0 else {
      throw RunError("\(path): does not say after which step it was taken")
    }
    step = done
  }

  /// The line of `convtop evaluate --json`.
  public func line() throws -> JSONLine {
    var line = JSONLine()
    try line.add("event", "evaluation")
    try line.add("run", run)
    try line.add("dataset", dataset)
    line.add("step", step)
    line.add("images", images)
    line.add("loss", loss)
    line.add("accuracy", accuracy)
    return line
  }
}
