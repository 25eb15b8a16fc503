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
