using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion.Studies;

/// <summary>A number between two bounds, as likely here as there.</summary>
public sealed class UniformParameter : SearchParameter
{
    internal UniformParameter(string name, double low, double high)
        : base(name)
    {
        Bounds.Check(name, low, high);
        (Low, High) = (low, high);
    }

    /// <summary>Gets the least value, included.</summary>
    public double Low { get; }

    /// <summary>Gets the largest value, included.</summary>
    public double High { get; }

    /// <inheritdoc/>
    public override string Range => string.Create(CultureInfo.InvariantCulture, $"a number from {Low} to {High}");

    internal override int? Count => null;

    /// <inheritdoc/>
    public override bool Accepts(object value) => Bounds.Hold(value, Low, High);

    internal override object At(double place) => Math.Clamp(Low + (place * (High - Low)), Low, High);

    internal override double PlaceOf(object value) => Math.Clamp((Bounds.Number(value) - Low) / (High - Low), 0, 1);

    internal override SearchParameter When(ParameterCondition condition) => new UniformParameter(Name, Low, High) { Condition = condition };

    internal override object Read(JsonElement value) => Bounds.ReadNumber(value) ?? throw Unreadable(value);

    private protected override void WriteRange(Utf8JsonWriter json)
    {
        json.WriteString("type", "uniform");
        json.WriteNumber("low", Low);
        json.WriteNumber("high", High);
    }
}
