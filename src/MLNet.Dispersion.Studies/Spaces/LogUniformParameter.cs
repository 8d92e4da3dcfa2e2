using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion.Studies.Spaces;

/// <summary>A number between two positive bounds whose logarithm is uniform: as likely between 0.001 and 0.01 as between 0.01 and 0.1.</summary>
public sealed class LogUniformParameter : SearchParameter
{
    internal LogUniformParameter(string name, double low, double high)
        : base(name)
    {
        Bounds.Check(name, low, high);
        Bounds.CheckPositive(name, low);
        (Low, High) = (low, high);
    }

    /// <summary>The least value, included; above 0.</summary>
    public double Low { get; }

    /// <summary>The largest value, included.</summary>
    public double High { get; }

    /// <inheritdoc/>
    public override string Range => string.Create(CultureInfo.InvariantCulture, $"a number from {Low} to {High} (logarithmic)");

    internal override int? Count => null;

    /// <inheritdoc/>
    public override bool Accepts(object value) => value is double number && number >= Low && number <= High;

    internal override object At(double place) => Math.Clamp(Low * Math.Exp(place * Math.Log(High / Low)), Low, High);

    internal override double PlaceOf(object value) => Math.Log((double)value / Low) / Math.Log(High / Low);

    internal override SearchParameter When(ParameterCondition condition) => new LogUniformParameter(Name, Low, High) { Condition = condition };

    internal override object Read(JsonElement value) => Bounds.ReadNumber(value) ?? throw Unreadable(value);

    private protected override void WriteRange(Utf8JsonWriter json)
    {
        json.WriteString("type", "log_uniform");
        json.WriteNumber("low", Low);
        json.WriteNumber("high", High);
    }
}
