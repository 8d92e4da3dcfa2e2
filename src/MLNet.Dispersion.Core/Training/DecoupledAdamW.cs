using MLNet.Dispersion.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Training;

/// <summary>AdamW with decoupled weight decay, as PyTorch defines it. Moments are float32, on the parameters' devices.</summary>
/// <remarks>Not thread-safe. The owner disposes it, which frees the moments but not the parameters.</remarks>
internal sealed class DecoupledAdamW : IDisposable
{
    private readonly List<Slot> _slots = [];
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;
    private int _step;

    internal DecoupledAdamW(double beta1, double beta2, double epsilon)
    {
        _beta1 = beta1;
        _beta2 = beta2;
        _epsilon = epsilon;
    }

    /// <summary>Everything that is optimised, in the order it was added.</summary>
    internal IEnumerable<Parameter> Parameters => _slots.Select(slot => slot.Parameter);

    /// <summary>Adds a parameter.</summary>
    /// <param name="parameter">Stays the caller's.</param>
    /// <param name="weightDecay">Its decay; 0 for biases and norms.</param>
    /// <param name="learningRateMultiplier">What its learning rate is, as a multiple of the step's.</param>
    internal void Add(Parameter parameter, double weightDecay, double learningRateMultiplier = 1)
    {
        using var scope = NewDisposeScope();
        var first = zeros_like(parameter).DetachFromDisposeScope();
        var second = zeros_like(parameter).DetachFromDisposeScope();
        _slots.Add(new Slot(parameter, first, second, weightDecay, learningRateMultiplier));
    }

    /// <summary>Updates every parameter that has a gradient.</summary>
    internal void Step(double learningRate)
    {
        using var noGradient = no_grad();
        _step++;
        double correction1 = 1 - Math.Pow(_beta1, _step);
        double correction2 = Math.Sqrt(1 - Math.Pow(_beta2, _step));
        foreach (Slot slot in _slots)
        {
            using var scope = NewDisposeScope();
            if (slot.Parameter.grad is { } gradient)
            {
                Update(slot, gradient, learningRate * slot.LearningRateMultiplier, correction1, correction2);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Slot slot in _slots)
        {
            slot.First.Dispose();
            slot.Second.Dispose();
        }

        _slots.Clear();
    }

    private void Update(Slot slot, Tensor gradient, double learningRate, double correction1, double correction2)
    {
        if (slot.WeightDecay > 0)
        {
            slot.Parameter.TimesInPlace(1 - (learningRate * slot.WeightDecay));
        }

        slot.First.TimesInPlace(_beta1).PlusInPlace(gradient, 1 - _beta1);
        slot.Second.TimesInPlace(_beta2).PlusProductInPlace(gradient, gradient, 1 - _beta2);
        var denominator = slot.Second.sqrt().OverInPlace(correction2).PlusInPlace(_epsilon);
        slot.Parameter.PlusQuotientInPlace(slot.First, denominator, -learningRate / correction1);
    }

    private sealed record Slot(Parameter Parameter, Tensor First, Tensor Second, double WeightDecay, double LearningRateMultiplier);
}
