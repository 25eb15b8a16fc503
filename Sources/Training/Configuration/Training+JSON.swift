// The keys of `training`, read and written, apart from the optimiser's and the schedule's.

import Optimizers

extension TrainingConfiguration {
  init(_ reader: ConfigurationReader) throws {
    epochs = try reader.int("epochs", in: 0...1_000_000) ?? 10
    batchSize = try reader.int("batch_size", in: 1...65_536) ?? 64
    shuffle = try reader.bool("shuffle") ?? true
    loss = try LossChoice(reader.object("loss"))
    optimizer = try OptimizerChoice(reader.object("optimizer"))
    (schedule, warmUp) = try readSchedule(reader.object("schedule"))
    clipping = try GradientClipping(reader.object("clip"))
    topK = try reader.int("top_k", in: 1...1_000_000) ?? 5
    threads = try reader.int("threads", in: 1...1024)
    try reader.finish()
  }

  var json: JSONValue {
    var fields: [String: JSONValue] = [
      "epochs": .int(epochs), "batch_size": .int(batchSize), "shuffle": .bool(shuffle), "loss": loss.json,
      "optimizer": optimizer.json, "schedule": scheduleJSON(schedule, warmUp), "top_k": .int(topK),
    ]
    if let clipping { fields["clip"] = clipping.json }
    if let threads { fields["threads"] = .int(threads) }
    return .object(fields)
  }
}

extension TrainingConfiguration.LossChoice {
  init(_ reader: ConfigurationReader) throws {
    let types = ["cross_entropy", "nll_loss", "mse_loss", "bce_with_logits_loss", "huber_loss"]
    switch try reader.string("type", oneOf: types) ?? "cross_entropy" {
    case "nll_loss": self = .negativeLogLikelihood
    case "mse_loss": self = .meanSquaredError
    case "bce_with_logits_loss": self = .binaryCrossEntropy
    case "huber_loss": self = .huber(delta: try reader.float("delta", "a number above 0") { $0 > 0 } ?? 1)
    default:
      self = .crossEntropy(
        smoothing: try reader.float("label_smoothing", "a number from 0 to 1") { (0...1).contains($0) } ?? 0)
    }
    try reader.finish()
  }

  var json: JSONValue {
    switch self {
    case .crossEntropy(let smoothing):
      .object(["type": .string("cross_entropy"), "label_smoothing": .number(smoothing)])
    case .negativeLogLikelihood: .object(["type": .string("nll_loss")])
    case .meanSquaredError: .object(["type": .string("mse_loss")])
    case .binaryCrossEntropy: .object(["type": .string("bce_with_logits_loss")])
    case .huber(let delta): .object(["type": .string("huber_loss"), "delta": .number(delta)])
    }
  }
}

extension GradientClipping {
  /// `{"norm": 1}` or `{"value": 0.5}`; nil for neither.
  init?(_ reader: ConfigurationReader) throws {
    let norm = try reader.float("norm", "a number above 0") { $0 > 0 }
    let value = try reader.float("value", "a number above 0") { $0 > 0 }
    try reader.finish()
    switch (norm, value) {
    case (nil, nil): return nil
    case (let limit?, nil): self = .norm(limit)
    case (nil, let limit?): self = .value(limit)
    default: throw reader.error("value", "stands beside norm; expected one of the two")
    }
  }

  var json: JSONValue {
    switch self {
    case .norm(let limit): .object(["norm": .number(limit)])
    case .value(let limit): .object(["value": .number(limit)])
    }
  }
}
