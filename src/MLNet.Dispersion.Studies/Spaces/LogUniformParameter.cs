using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion.Studies;

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

    /// <summary>Gets the least value, included; above 0.</summary>
    public double Low { get; }

    /// <summary>Gets the largest value, included.</summary>
    public double High { get; }

    /// <inheritdoc/>
    public override string Range => string.Create(CultureInfo.InvariantCulture, $"a number from {Low} to {High} (logarithmic)");

    internal override int? Count => null;

    /// <inheritdoc/>
    public override bool Accepts(object value) => Bounds.Hold(value, Low, High);

    private double LogWidth => Math.Log(High) - Math.Log(Low);

    internal override object At(double place) => place <= 0 ? Low : place >= 1 ? High : Math.Clamp(Math.Exp(Math.Log(Low) + (place * LogWidth)), Low, High);

    internal override double PlaceOf(object value) => Math.Clamp((Math.Log(Bounds.Number(value)) - Math.Log(Low)) / LogWidth, 0, 1);

    internal override SearchParameter When(ParameterCondition condition) => new LogUniformParameter(Name, Low, High) { Condition = condition };

    internal override object Read(JsonElement value) => Bounds.ReadNumber(value) ?? throw Unreadable(value);

    private protected override void WriteRange(Utf8JsonWriter json)
    {
        json.WriteString("type", "log_uniform");
        json.WriteNumber("low", Low);
        json.WriteNumber("high", High);
    }
}
