using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion.Studies;

/// <summary>An integer between two bounds, in steps, or with its logarithm uniform.</summary>
public sealed class IntegerParameter : SearchParameter
{
    internal IntegerParameter(string name, int low, int high, int step, bool isLogarithmic)
        : base(name)
    {
        Bounds.Check(name, low, high);
        if (isLogarithmic)
        {
            Bounds.CheckPositive(name, low);
        }

        if (step < 1 || step > (long)high - low)
        {
            throw new ArgumentOutOfRangeException(nameof(step), step, string.Create(CultureInfo.InvariantCulture, $"The step of '{name}' is {step}; between {low} and {high} it must be from 1 to {(long)high - low}."));
        }

        (Low, Step, IsLogarithmic) = (low, step, isLogarithmic);
        High = low + (int)(((long)high - low) / step * step);
    }

    /// <summary>Gets the least value, included.</summary>
    public int Low { get; }

    /// <summary>Gets the largest value, included: the last that steps from the least one reach.</summary>
    public int High { get; }

    /// <summary>Gets what lies between neighbouring values.</summary>
    public int Step { get; }

    /// <summary>Gets whether the logarithm is uniform; the step is then 1.</summary>
    public bool IsLogarithmic { get; }

    /// <inheritdoc/>
    public override string Range => string.Create(CultureInfo.InvariantCulture, $"an integer from {Low} to {High}{(Step > 1 ? $" in steps of {Step}" : "")}{(IsLogarithmic ? " (logarithmic)" : "")}");

    internal override int? Count => (int)Math.Min(int.MaxValue, (((long)High - Low) / Step) + 1);

    private double LogLow => Math.Log(Low - 0.5);

    private double LogWidth => Math.Log(High + 0.5) - LogLow;

    /// <inheritdoc/>
    public override bool Accepts(object value) => value is long number && number >= Low && number <= High && (number - Low) % Step == 0;

    internal override object At(double place)
    {
        if (IsLogarithmic)
        {
            return Math.Clamp((long)Math.Round(Math.Exp(LogLow + (place * LogWidth))), Low, High);
        }

        double values = (((double)High - Low) / Step) + 1;
        return Low + (Step * (long)Math.Clamp(Math.Floor(place * values), 0, values - 1));
    }

    internal override double PlaceOf(object value)
    {
        double number = (long)value;
        return IsLogarithmic ? (Math.Log(number) - LogLow) / LogWidth : (((number - Low) / Step) + 0.5) / ((((double)High - Low) / Step) + 1);
    }

    internal override (double From, double To) ShareOf(double place)
    {
        if (!IsLogarithmic)
        {
            return base.ShareOf(place);
        }

        double number = (long)At(place);
        return ((Math.Log(number - 0.5) - LogLow) / LogWidth, (Math.Log(number + 0.5) - LogLow) / LogWidth);
    }

    internal override object ValueOf(int index) => Low + ((long)index * Step);

    internal override SearchParameter When(ParameterCondition condition) => new IntegerParameter(Name, Low, High, Step, IsLogarithmic) { Condition = condition };

    internal override object Read(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && Accepts(number) ? number : throw Unreadable(value);

    private protected override void WriteRange(Utf8JsonWriter json)
    {
        json.WriteString("type", IsLogarithmic ? "log_integer" : "integer");
        json.WriteNumber("low", Low);
        json.WriteNumber("high", High);
        json.WriteNumber("step", Step);
    }
}
