using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What changes parameters by their gradients, one rule a class. Its state is float32, on the parameters' devices.</summary>
/// <remarks>Not thread-safe. The owner disposes it, which frees the state but not the parameters.</remarks>
internal abstract class TrainingOptimizer : IDisposable
{
    private readonly List<Slot> _slots = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _stepCount;

    /// <summary>Everything that is optimised, in the order it was added.</summary>
    internal IEnumerable<Parameter> Parameters => _slots.Select(slot => slot.Parameter);

    /// <summary>The updates done so far, on which the corrections of some rules depend.</summary>
    /// <remarks>Setting it means that the state was set too, to what another run knew.</remarks>
    internal int StepCount
    {
        get => _stepCount;
        set
        {
            _stepCount = value;
            _slots.ForEach(slot => slot.Moved = null);
        }
    }

    /// <summary>Names of everything that is optimised, in the order it was added.</summary>
    internal IEnumerable<(string Name, Parameter Parameter)> Trained => _slots.Select(slot => (slot.Name, slot.Parameter));

    /// <summary>What was learnt of the gradients, by names; the tensors stay this object's.</summary>
    internal IEnumerable<KeyValuePair<string, Tensor>> Memory => _slots.SelectMany(slot => slot.Memory.Select(part => KeyValuePair.Create($"{slot.Name}.{part.Name}", part.Value)));

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
        var memory = Remember(parameter);
        foreach (var (_, value) in memory)
        {
            value.DetachFromDisposeScope();
        }

        _slots.Add(new Slot(name, parameter, memory, weightDecay, learningRateMultiplier));
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
        _stepCount++;
        foreach (Slot slot in _slots)
        {
            using var scope = NewDisposeScope();
            if (slot.Parameter.grad is { } gradient)
            {
                Update(slot, gradient, gradientScale, slot.OwnRate ?? (learningRate * slot.LearningRateMultiplier), StepCount - slot.Origin);
            }
        }
    }

    /// <summary>Whether a parameter is optimised.</summary>
    internal bool Optimises(Parameter parameter) => _slots.Exists(slot => ReferenceEquals(slot.Parameter, parameter));

    /// <summary>Forgets what was learnt of a parameter's gradients.</summary>
    /// <param name="parameter">An optimised one.</param>
    internal void ClearMoments(Parameter parameter)
    {
        foreach (var (_, value) in SlotOf(parameter).Memory)
        {
            value.zero_();
        }
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
        foreach (var (_, value) in _slots.SelectMany(slot => slot.Memory))
        {
            value.Dispose();
        }

        _slots.Clear();
    }

    /// <summary>The parameter's state at the start, all zeros, under the names that checkpoints use.</summary>
    private protected abstract IReadOnlyList<(string Name, Tensor Value)> Remember(Parameter parameter);

    /// <summary>Updates a parameter and its state.</summary>
    /// <param name="slot">The parameter.</param>
    /// <param name="gradient">Its gradient.</param>
    /// <param name="gradientScale">What the gradient is multiplied by first.</param>
    /// <param name="rate">Its learning rate in this step.</param>
    /// <param name="age">The updates that its state has seen, this one included.</param>
    private protected abstract void Update(Slot slot, Tensor gradient, double gradientScale, double rate, int age);

    private Slot SlotOf(Parameter parameter) => _slots.Find(slot => ReferenceEquals(slot.Parameter, parameter))
        ?? throw new ArgumentException("The parameter is not one of those that are optimised.", nameof(parameter));

    /// <summary>A parameter with what is known of it.</summary>
    private protected sealed record Slot(string Name, Parameter Parameter, IReadOnlyList<(string Name, Tensor Value)> Memory, double WeightDecay, double LearningRateMultiplier)
    {
        /// <summary>Gets or sets the update count at which its moments were 0.</summary>
        public int Origin { get; set; }

        /// <summary>Gets or sets its learning rate where it does not follow that of the others.</summary>
        public double? OwnRate { get; set; }

        /// <summary>Gets or sets which blocks of its state may differ from 0, for rules that ask; null where that is not known.</summary>
        public bool[]? Moved { get; set; }
    }
}
