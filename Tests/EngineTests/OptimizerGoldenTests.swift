// Optimisers and schedules against PyTorch's.

import Autograd
import Foundation
import Optimizers
import Tensors
import Testing
import Workers

@Suite struct OptimizerGoldenTests {
  private struct OptimizerCase: Decodable {
    let optimizer: String
    let options: Options
    let values: [[Float]]

    struct Options: Decodable {
      let lr: Float
      let momentum: Float?
      let dampening: Float?
      let weightDecay: Float?
      let nesterov: Bool?
      let betas: [Float]?
      let eps: Float?
      let alpha: Float?
      let centered: Bool?
      let rho: Float?
      let amsgrad: Bool?
      let maximize: Bool?
      let lrDecay: Float?
      let initialAccumulatorValue: Float?
      let momentumDecay: Float?
      let decoupledWeightDecay: Bool?
    }
  }

  private func make(_ c: OptimizerCase, _ parameters: [Parameter]) -> any Optimizer {
    let (o, decay) = (c.options, c.options.weightDecay ?? 0)
    switch c.optimizer {
    case "sgd":
      var options = SGD.Options(
        learningRate: o.lr, momentum: o.momentum ?? 0, dampening: o.dampening ?? 0, weightDecay: decay,
        nesterov: o.nesterov ?? false)
      options.maximize = o.maximize ?? false
      return options.make(parameters)
    case "adagrad":
      var options = Adagrad.Options()
      (options.learningRate, options.learningRateDecay) = (o.lr, o.lrDecay ?? 0)
      (options.weightDecay, options.initialSum) = (decay, o.initialAccumulatorValue ?? 0)
      (options.epsilon, options.maximize) = (o.eps ?? 1e-10, o.maximize ?? false)
      return options.make(parameters)
    case "nadam":
      var options = NAdam.Options()
      (options.learningRate, options.weightDecay) = (o.lr, decay)
      (options.beta1, options.beta2) = (o.betas?[0] ?? 0.9, o.betas?[1] ?? 0.999)
      options.momentumDecay = o.momentumDecay ?? 4e-3
      (options.isDecoupled, options.maximize) = (o.decoupledWeightDecay ?? false, o.maximize ?? false)
      return options.make(parameters)
    case "rmsprop":
      return RMSprop(
        parameters,
        options: .init(
          learningRate: o.lr, alpha: o.alpha ?? 0.99, weightDecay: decay, momentum: o.momentum ?? 0,
          centered: o.centered ?? false))
    case "adadelta":
      return Adadelta(
        parameters, options: .init(learningRate: o.lr, rho: o.rho ?? 0.9, epsilon: o.eps ?? 1e-6, weightDecay: decay))
    default:
      var options = Adam.Options(
        learningRate: o.lr, beta1: o.betas?[0] ?? 0.9, beta2: o.betas?[1] ?? 0.999, epsilon: o.eps ?? 1e-8,
        weightDecay: decay, isDecoupled: c.optimizer == "adamw")
      (options.amsgrad, options.maximize) = (o.amsgrad ?? false, o.maximize ?? false)
      return options.make(parameters)
    }
  }

  @Test func optimisersFollowPyTorchStepByStep() throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    for (index, c) in try decoder.decode([OptimizerCase].self, from: goldenFile("optimizers")).enumerated() {
      let parameter = Parameter("p", noise([7], seed: 1))
      let optimizer = make(c, [parameter])
      for (step, expected) in c.values.enumerated() {
        let gradient = noise([7], seed: UInt64(10 + step))
        for i in 0..<7 { parameter.gradient[i] = gradient.values[i] }
        optimizer.step(WorkerPool(threads: 1))
        compare(.numbers(expected), parameter.tensor.values, "\(c.optimizer) \(index), step \(step)")
      }
    }
  }

  private struct ScheduleCase: Decodable {
    let schedule: String
    let losses: [Double]?
    let rates: [Double]
    let momenta: [Double]?
    let rise: Double?
  }

  @Test func schedulesFollowPyTorch() throws {
    let schedules: [String: any Schedule] = [
      "step": StepSchedule(size: 5, gamma: 0.5),
      "multi_step": MultiStepSchedule(milestones: [3, 10, 11], gamma: 0.1),
      "exponential": ExponentialSchedule(gamma: 0.9), "cosine": CosineSchedule(period: 24, minimum: 0.01),
      "cosine_restarts": CosineRestartsSchedule(first: 4, factor: 2, minimum: 0.01),
      "linear": LinearSchedule(start: 0.25, end: 0.75, length: 10),
      "polynomial": PolynomialSchedule(length: 15, power: 1.5),
    ]
    for c in try JSONDecoder().decode([ScheduleCase].self, from: goldenFile("schedules")) {
      var plateau = PlateauSchedule(factor: 0.5, patience: 2, threshold: 1e-2, cooldown: 1, minimum: 0.05)
      plateau.mode = c.schedule == "plateau max" ? .maximum : .minimum
      var cycle = OneCycle(maximum: 0.4)
      cycle.rise = c.rise ?? 0.3
      var rate = 0.4
      for (time, expected) in c.rates.enumerated() {
        if let losses = c.losses {
          rate = plateau.rate(rate, after: losses[time])
        } else if c.schedule.hasPrefix("one_cycle") {
          // The shortest name is that of a longer schedule than the rates that are listed.
          let total = c.momenta == nil ? 25 : c.rates.count
          rate = cycle.rate(at: time, of: total)
          if let expected = c.momenta?[time] {
            let momentum = try #require(cycle.momentum(at: time, of: total))
            #expect(abs(momentum - expected) <= 1e-9, "momentum of \(c.schedule) at \(time)")
          }
        } else {
          rate = try #require(schedules[c.schedule]).rate(base: 0.4, at: time)
        }
        #expect(abs(rate - expected) <= 1e-9 * max(1, expected), "\(c.schedule) at \(time)")
      }
    }
  }

  @Test func warmUpRisesToTheWholeRate() {
    let warmUp = WarmUp(steps: 4, startFactor: 0.2)
    let factors = (0..<6).map(warmUp.factor)
    for (found, expected) in zip(factors, [0.2, 0.4, 0.6, 0.8, 1, 1]) { #expect(abs(found - expected) < 1e-12) }
  }

  @Test func clippingByNormKeepsTheDirectionAndByValueTheBound() {
    let a = Parameter("a", Tensor([2]))
    let b = Parameter("b", Tensor([1]))
    func set(_ values: [Float]) { (a.gradient[0], a.gradient[1], b.gradient[0]) = (values[0], values[1], values[2]) }
    func gradients() -> [Float] { a.gradientTensor.values + b.gradientTensor.values }
    set([3, 0, 4])
    #expect(GradientClipping.norm(10).apply([a, b]) == 5)
    #expect(gradients() == [3, 0, 4])
    GradientClipping.norm(1).apply([a, b])
    for (found, expected) in zip(gradients(), [0.6, 0, 0.8] as [Float]) { #expect(abs(found - expected) < 1e-6) }
    set([3, -7, 0.5])
    GradientClipping.value(2).apply([a, b])
    #expect(gradients() == [2, -2, 0.5])
    // What has gone wrong stays visible, and large numbers have a norm.
    set([.nan, 1, 1])
    GradientClipping.value(2).apply([a, b])
    #expect(gradients()[0].isNaN)
    set([3e30, 0, 4e30])
    #expect(abs(GradientClipping.norm(1).apply([a, b])! / 5e30 - 1) < 1e-6)
  }
}
