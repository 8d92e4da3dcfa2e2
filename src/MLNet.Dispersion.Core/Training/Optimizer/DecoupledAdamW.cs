using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>AdamW with decoupled weight decay, as PyTorch defines it. Moments are float32, on the parameters' devices.</summary>
/// <remarks>Not thread-safe. The owner disposes it, which frees the moments but not the parameters.</remarks>
internal sealed class DecoupledAdamW : IDisposable
{
    private readonly List<Slot> _slots = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;

    internal DecoupledAdamW(double beta1, double beta2, double epsilon)
    {
        _beta1 = beta1;
        _beta2 = beta2;
        _epsilon = epsilon;
    }

    /// <summary>Everything that is optimised, in the order it was added.</summary>
    internal IEnumerable<Parameter> Parameters => _slots.Select(slot => slot.Parameter);

    /// <summary>The updates done so far, on which the correction of the moments depends.</summary>
    internal int StepCount { get; set; }

    /// <summary>Names and first and second moments of everything that is optimised, in the order it was added; the tensors stay this object's.</summary>
    internal IEnumerable<(string Name, Parameter Parameter, Tensor First, Tensor Second)> State => _slots.Select(slot => (slot.Name, slot.Parameter, slot.First, slot.Second));

    /// <summary>Adds a parameter.</summary>
    /// <param name="name">What checkpoints call it; each parameter has a name of its own.</param>
    /// <param name="parameter">Stays the caller's.</param>
    /// <param name="weightDecay">Its decay; 0 for biases and norms.</param>
    /// <param name="learningRateMultiplier">What its learning rate is, as a multiple of the step's.</param>
    internal void Add(string name, Parameter parameter, double weightDecay, double learningRateMultiplier = 1)
    {
        if (!_names.Add(name))
        {
            throw new ArgumentException($"There is a parameter '{name}' already; each needs a name of its own.", nameof(name));
        }

        using var scope = NewDisposeScope();
        var first = zeros_like(parameter).DetachFromDisposeScope();
        var second = zeros_like(parameter).DetachFromDisposeScope();
        _slots.Add(new Slot(name, parameter, first, second, weightDecay, learningRateMultiplier));
    }

    /// <summary>The 2-norm of all gradients together; NaN or infinity as soon as one entry is.</summary>
    internal double GradientNorm()
    {
        using var scope = NewDisposeScope();
        double sum = 0;
        foreach (Slot slot in _slots)
        {
            if (slot.Parameter.grad is { } gradient)
            {
                sum += AdamWKernel.Reaches(gradient) ? AdamWKernel.SquaredNorm(gradient) : gradient.Squared().sum(type: ScalarType.Float64).item<double>();
            }
        }

        return Math.Sqrt(sum);
    }

    /// <summary>Updates every parameter that has a gradient.</summary>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="gradientScale">What gradients are multiplied by first: below 1 where they are clipped.</param>
    internal void Step(double learningRate, double gradientScale = 1)
    {
        using var noGradient = no_grad();
        StepCount++;
        foreach (Slot slot in _slots)
        {
            using var scope = NewDisposeScope();
            if (slot.Parameter.grad is not { } gradient)
            {
                continue;
            }

            int age = StepCount - slot.Origin;
            double correction1 = 1 - Math.Pow(_beta1, age);
            double correction2 = Math.Sqrt(1 - Math.Pow(_beta2, age));
            double rate = slot.OwnRate ?? (learningRate * slot.LearningRateMultiplier);
            double decay = 1 - (rate * slot.WeightDecay);
            if (AdamWKernel.Reaches(slot.Parameter, gradient, slot.First, slot.Second))
            {
                var kernel = new AdamWKernel(_beta1, _beta2, _epsilon, correction2, gradientScale);
                kernel.Update(slot.Parameter, gradient, slot.First, slot.Second, decay, rate / correction1);
            }
            else
            {
                Update(slot, gradient.Times(gradientScale), decay, rate / correction1, correction2);
            }
        }
    }

    /// <summary>Whether a parameter is optimised.</summary>
    internal bool Optimises(Parameter parameter) => _slots.Exists(slot => ReferenceEquals(slot.Parameter, parameter));

    /// <summary>Forgets what was learned of a parameter's gradients: moments 0.</summary>
    /// <param name="parameter">An optimised one.</param>
    internal void ClearMoments(Parameter parameter)
    {
        Slot slot = SlotOf(parameter);
        slot.First.zero_();
        slot.Second.zero_();
    }

    /// <summary>Says at which <see cref="StepCount"/> a parameter's moments were 0, on which their correction depends; 0 unless they were cleared.</summary>
    /// <param name="parameter">An optimised one.</param>
    /// <param name="origin">0 up to <see cref="StepCount"/>.</param>
    internal void CountFrom(Parameter parameter, int origin) => SlotOf(parameter).Origin = origin;

    /// <summary>Gives a parameter a learning rate of its own from the next step on, whatever that of all others is.</summary>
    /// <param name="parameter">An optimised one.</param>
    /// <param name="rate">The rate, at least 0.</param>
    internal void SetRate(Parameter parameter, double rate) => SlotOf(parameter).OwnRate = rate;

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

    private Slot SlotOf(Parameter parameter) => _slots.Find(slot => ReferenceEquals(slot.Parameter, parameter))
        ?? throw new ArgumentException("The parameter is not one of those that are optimised.", nameof(parameter));

    /// <summary>The pass in torch's own operations, for GPUs and other types.</summary>
    private void Update(Slot slot, Tensor gradient, double decay, double stepSize, double correction2)
    {
        slot.Parameter.TimesInPlace(decay);
        slot.First.TimesInPlace(_beta1).PlusInPlace(gradient, 1 - _beta1);
        slot.Second.TimesInPlace(_beta2).PlusProductInPlace(gradient, gradient, 1 - _beta2);
        var denominator = slot.Second.sqrt().OverInPlace(correction2).PlusInPlace(_epsilon);
        slot.Parameter.PlusQuotientInPlace(slot.First, denominator, -stepSize);
    }

    private sealed record Slot(string Name, Parameter Parameter, Tensor First, Tensor Second, double WeightDecay, double LearningRateMultiplier)
    {
        /// <summary>Gets or sets the update count at which its moments were 0.</summary>
        public int Origin { get; set; }

        /// <summary>Gets or sets its learning rate where it does not follow that of the others.</summary>
        public double? OwnRate { get; set; }
    }
}
