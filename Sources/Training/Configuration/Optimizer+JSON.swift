// The keys of `training.optimizer`, read and written.

import Optimizers

extension TrainingConfiguration.OptimizerChoice {
  init(_ reader: ConfigurationReader) throws {
    func rate(_ key: String) throws -> Float? { try reader.float(key, "a number of at least 0") { $0 >= 0 } }
    func fraction(_ key: String) throws -> Float? {
      try reader.float(key, "a number from 0 to below 1") { (0..<1).contains($0) }
    }
    func epsilon(_ standard: Float) throws -> Float {
      try reader.float("eps", "a number above 0") { $0 > 0 } ?? standard
    }
    let types = ["adam", "adamw", "sgd", "rmsprop", "adadelta"]
    switch try reader.string("type", oneOf: types) ?? "adam" {
    case "sgd":
      var options = SGD.Options()
      options.learningRate = try rate("learning_rate") ?? options.learningRate
      options.momentum = try fraction("momentum") ?? options.momentum
      options.dampening = try fraction("dampening") ?? options.dampening
      options.weightDecay = try rate("weight_decay") ?? options.weightDecay
      options.nesterov = try reader.bool("nesterov") ?? options.nesterov
      if options.nesterov && (options.momentum == 0 || options.dampening != 0) {
        throw reader.error("nesterov", "needs a momentum above 0 and no dampening")
      }
      self = .sgd(options)
    case "rmsprop":
      var options = RMSprop.Options()
      options.learningRate = try rate("learning_rate") ?? options.learningRate
      options.alpha = try fraction("alpha") ?? options.alpha
      options.epsilon = try epsilon(options.epsilon)
      options.weightDecay = try rate("weight_decay") ?? options.weightDecay
      options.momentum = try fraction("momentum") ?? options.momentum
      options.centered = try reader.bool("centered") ?? options.centered
      self = .rmsprop(options)
    case "adadelta":
      var options = Adadelta.Options()
      options.learningRate = try rate("learning_rate") ?? options.learningRate
      options.rho = try fraction("rho") ?? options.rho
      options.epsilon = try epsilon(options.epsilon)
      options.weightDecay = try rate("weight_decay") ?? options.weightDecay
      self = .adadelta(options)
    case let type:
      var options = Adam.Options(weightDecay: type == "adamw" ? 0.01 : 0, isDecoupled: type == "adamw")
      options.learningRate = try rate("learning_rate") ?? options.learningRate
      if let betas = try reader.floats("betas", "a number from 0 to below 1", where: { (0..<1).contains($0) }) {
        guard betas.count == 2 else { throw reader.error("betas", "found \(betas.count) numbers, expected 2") }
        (options.beta1, options.beta2) = (betas[0], betas[1])
      }
      options.epsilon = try epsilon(options.epsilon)
      options.weightDecay = try rate("weight_decay") ?? options.weightDecay
      self = .adam(options)
    }
    try reader.finish()
  }

  var json: JSONValue {
    switch self {
    case .adam(let options):
      .object([
        "type": .string(options.isDecoupled ? "adamw" : "adam"), "learning_rate": .number(options.learningRate),
        "betas": .array([.number(options.beta1), .number(options.beta2)]), "eps": .number(options.epsilon),
        "weight_decay": .number(options.weightDecay),
      ])
    case .sgd(let options):
      .object([
        "type": .string("sgd"), "learning_rate": .number(options.learningRate), "momentum": .number(options.momentum),
        "dampening": .number(options.dampening), "weight_decay": .number(options.weightDecay),
        "nesterov": .bool(options.nesterov),
      ])
    case .rmsprop(let options):
      .object([
        "type": .string("rmsprop"), "learning_rate": .number(options.learningRate), "alpha": .number(options.alpha),
        "eps": .number(options.epsilon), "weight_decay": .number(options.weightDecay),
        "momentum": .number(options.momentum), "centered": .bool(options.centered),
      ])
    case .adadelta(let options):
      .object([
        "type": .string("adadelta"), "learning_rate": .number(options.learningRate), "rho": .number(options.rho),
        "eps": .number(options.epsilon), "weight_decay": .number(options.weightDecay),
      ])
    }
  }
}
