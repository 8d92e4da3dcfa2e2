using System.Reflection;

namespace MLNet.Dispersion.Tests.Training;

/// <summary>Every option of every class of options, those of later versions included: it is copied, checked, and seen by a run's fingerprint.</summary>
public sealed class OptionsTests : IDisposable
{
    /// <summary>Numbers of which any is good.</summary>
    private static readonly string[] Free = ["FineTuneOptions.Seed", "TextGenerationOptions.Seed", "EvaluationOptions.Seed", "CondensationReportOptions.SampleSeed"];

    private readonly PretrainedLanguageModel _model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);

    private static IEnumerable<string> Names => typeof(FineTuneOptions).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(IOptions))).Select(type => type.FullName!);

    public static TheoryData<string> Classes() => [.. Names];

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Classes_AreAllThatAreNamedSo() =>
        Assert.Equal(typeof(FineTuneOptions).Assembly.GetTypes().Where(type => type.IsPublic && type.Name.EndsWith("Options", StringComparison.Ordinal)).Select(type => type.FullName).Order(), Names.Order());

    [Theory]
    [MemberData(nameof(Classes))]
    public void Clone_CopiesEveryProperty(string name)
    {
        foreach (PropertyInfo property in Properties(Good(name)))
        {
            IOptions options = Good(name);
            object? value = Other(property, options);
            property.SetValue(options, value);

            object? copied = property.GetValue(options.GetType().GetMethod("Clone")!.Invoke(options, null));

            if (value is IOptions inner)
            {
                Assert.NotSame(value, copied);
                Assert.Equal(Describe(inner), Describe((IOptions)copied!));
            }
            else
            {
                Assert.Equal(value, copied);
                Assert.False(value is System.Collections.IList && ReferenceEquals(value, copied), $"{name}.{property.Name}: a later edit of the list reaches the copy.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Validate_CoversEveryNumberAndEnumeration(string name)
    {
        Check(Good(name));
        foreach (PropertyInfo property in Properties(Good(name)).Where(property => !Free.Contains($"{property.DeclaringType!.Name}.{property.Name}")))
        {
            Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            object[] nonsense = type == typeof(int) ? [int.MinValue, -1]
                : type == typeof(long) ? [long.MinValue, -1L]
                : type == typeof(double) ? [double.NaN, double.NegativeInfinity, -1.0]
                : type.IsEnum ? [Enum.ToObject(type, 99)]
                : [];
            foreach (object value in nonsense)
            {
                IOptions options = Good(name);
                property.SetValue(options, value);
                var error = Assert.ThrowsAny<ArgumentException>(() => Check(options));
                Assert.Contains(property.Name, error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Fingerprint_SeesEveryPropertyOfARun()
    {
        var unseen = new List<string>();
        Look(() => (FineTuneOptions)Good(typeof(FineTuneOptions).FullName!), options => options, "", unseen);

        // What the run computes does not depend on, or its fingerprint notes in resolved form.
        Assert.Equal(["CancellationToken", "Checkpoints", "DataMemoryBytes", "Device", "Distributed", "Epochs", "HeadLearningRateMultiplier", "Lora.Saving", "Observers", "Precision", "Progress", "ScoringPrecision", "Seed", "ValidationFraction", "WarmupRatio"], unseen.Order(StringComparer.Ordinal));
    }

    private void Look(Func<FineTuneOptions> make, Func<FineTuneOptions, IOptions> find, string path, List<string> unseen)
    {
        foreach (PropertyInfo property in Properties(find(make())))
        {
            if (property.GetValue(find(make())) is IOptions && !property.IsDefined(typeof(OutsideTheRunAttribute)))
            {
                Look(make, options => (IOptions)property.GetValue(find(options))!, $"{path}{property.Name}.", unseen);
            }
            else
            {
                FineTuneOptions changed = make();
                property.SetValue(find(changed), Other(property, find(changed)));
                if (Describe(changed).SequenceEqual(Describe(make())))
                {
                    unseen.Add(path + property.Name);
                }
            }
        }
    }

    private static void Check(IOptions options) => options.Check(new Require("Owner"));

    private static SortedDictionary<string, string> Describe(IOptions options)
    {
        var run = new SortedDictionary<string, string>(StringComparer.Ordinal);
        OptionsFingerprint.Describe(options, "", run);
        return run;
    }

    private static PropertyInfo[] Properties(IOptions options) => [.. options.GetType().GetProperties().Where(property => property.CanWrite)];

    /// <summary>Valid options, in which all options within options are there.</summary>
    private static IOptions Good(string name)
    {
        var options = (IOptions)Activator.CreateInstance(typeof(FineTuneOptions).Assembly.GetType(name)!)!;
        switch (options)
        {
            case CheckpointOptions checkpoints:
                checkpoints.Directory = "run";
                break;
            case DistillationOptions distillation:
                distillation.TeacherDirectory = "teacher";
                break;
            case FineTuneOptions:
                foreach (PropertyInfo property in Properties(options).Where(property => property.PropertyType.IsAssignableTo(typeof(IOptions))))
                {
                    property.SetValue(options, Good(property.PropertyType.FullName!));
                }

                break;
        }

        return options;
    }

    /// <summary>Another value than the options have.</summary>
    private object Other(PropertyInfo property, IOptions options)
    {
        object? value = property.GetValue(options);
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return type == typeof(bool) ? !((bool?)value ?? false)
            : type == typeof(int) ? ((int?)value ?? 0) + 3
            : type == typeof(long) ? ((long?)value ?? 0) + 3
            : type == typeof(TorchSharp.torch.Device) ? new TorchSharp.torch.Device("meta")
            : type == typeof(FileSource) ? new DirectorySource("elsewhere")
            : type == typeof(double) ? ((double?)value ?? 0) + 0.25
            : type == typeof(string) ? value + "other"
            : type == typeof(TimeSpan) ? (TimeSpan)value! + TimeSpan.FromSeconds(3)
            : type == typeof(CancellationToken) ? new CancellationToken(canceled: true)
            : type == typeof(PretrainedLanguageModel) ? _model
            : type == typeof(IReadOnlyList<string>) ? new List<string> { "other" }
            : type == typeof(IReadOnlyList<PreferenceTerm>) ? new List<PreferenceTerm> { new(PreferenceLoss.Ipo) }
            : type == typeof(IReadOnlyList<int>) ? new List<int> { 3 }
            : type == typeof(IReadOnlyList<double>) ? new List<double> { 0.5 }
            : type == typeof(IReadOnlyList<float>) ? new List<float> { 0.5f }
            : type == typeof(IReadOnlyList<IReadOnlyList<float>>) ? new List<IReadOnlyList<float>> { new List<float> { 0.5f } }
            : type == typeof(IReadOnlyDictionary<string, int>) ? new OrderedDictionary<string, int> { ["other"] = 3 }
            : type == typeof(IReadOnlyDictionary<string, double>) ? new OrderedDictionary<string, double> { ["other"] = 0.5 }
            : type == typeof(IReadOnlyList<ITrainingObserver>) ? new List<ITrainingObserver> { new Silent() }
            : type.IsEnum ? Enum.GetValues(type).Cast<object>().First(other => !other.Equals(value))
            : type.IsAssignableTo(typeof(IOptions)) ? Good(type.FullName!)
            : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IProgress<>) ? Activator.CreateInstance(typeof(Progress<>).MakeGenericType(type.GetGenericArguments()))!
            : throw new NotSupportedException($"The test knows no other value for {property.DeclaringType!.Name}.{property.Name}: teach it one.");
    }

    private sealed class Silent : ITrainingObserver;
}
