using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Rules in which weight decay is part of the gradient, as PyTorch defines them.</summary>
internal abstract class CoupledOptimizer : TrainingOptimizer
{
    private protected sealed override void Update(Slot slot, Tensor gradient, double gradientScale, double rate, int age)
    {
        Tensor scaled = gradient.Times(gradientScale);
        Update(slot.Parameter, slot.WeightDecay == 0 ? scaled : scaled.PlusInPlace(slot.Parameter, slot.WeightDecay), slot.Memory, rate);
    }

    /// <summary>Updates a parameter by its gradient, with the decay in it.</summary>
    private protected abstract void Update(Parameter parameter, Tensor gradient, IReadOnlyList<(string Name, Tensor Value)> memory, double rate);
}

/// <summary>Stochastic gradient descent, with momentum or without it.</summary>
internal sealed class StochasticGradientDescent(double momentum, bool nesterov) : CoupledOptimizer
{
    private protected override IReadOnlyList<(string Name, Tensor Value)> Remember(Parameter parameter) => momentum == 0 ? [] : [("momentum_buffer", zeros_like(parameter))];

    private protected override void Update(Parameter parameter, Tensor gradient, IReadOnlyList<(string Name, Tensor Value)> memory, double rate)
    {
        if (memory is [var (_, velocity)])
        {
            velocity.TimesInPlace(momentum).PlusInPlace(gradient);
            gradient = nesterov ? gradient.PlusInPlace(velocity, momentum) : velocity;
        }

        parameter.PlusInPlace(gradient, -rate);
    }
}

/// <summary>RMSprop: the gradient over the root of a running mean of its squares.</summary>
internal sealed class RmsProp : CoupledOptimizer
{
    private const double Alpha = 0.99;
    private const double Epsilon = 1e-8;

    private protected override IReadOnlyList<(string Name, Tensor Value)> Remember(Parameter parameter) => [("square_avg", zeros_like(parameter))];

    private protected override void Update(Parameter parameter, Tensor gradient, IReadOnlyList<(string Name, Tensor Value)> memory, double rate)
    {
        Tensor squares = memory[0].Value.TimesInPlace(Alpha).PlusProductInPlace(gradient, gradient, 1 - Alpha);
        parameter.PlusQuotientInPlace(gradient, squares.sqrt().PlusInPlace(Epsilon), -rate);
    }
}

/// <summary>Adagrad: the gradient over the root of the sum of its squares.</summary>
internal sealed class Adagrad : CoupledOptimizer
{
    private const double Epsilon = 1e-10;

    private protected override IReadOnlyList<(string Name, Tensor Value)> Remember(Parameter parameter) => [("sum", zeros_like(parameter))];

    private protected override void Update(Parameter parameter, Tensor gradient, IReadOnlyList<(string Name, Tensor Value)> memory, double rate)
    {
        Tensor squares = memory[0].Value.PlusProductInPlace(gradient, gradient, 1);
        parameter.PlusQuotientInPlace(gradient, squares.sqrt().PlusInPlace(Epsilon), -rate);
    }
}
