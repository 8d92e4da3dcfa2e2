using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace MLNet.Dispersion.Text;

/// <summary>JSON as values of templates.</summary>
internal static class ChatJson
{
    /// <summary>The value: numbers with a point or an exponent are floats, others whole.</summary>
    internal static object? Value(JsonElement json, JinjaMachine machine)
    {
        machine.Meter.Step();
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return Text(json);
            case JsonValueKind.Number:
                return Number(json.GetRawText(), machine);
            case JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean();
            case JsonValueKind.Array:
                machine.Meter.Enter();
                var list = new JinjaList([.. json.EnumerateArray().Select(item => Value(item, machine))]);
                machine.Meter.Leave();
                return list;
            case JsonValueKind.Object:
                machine.Meter.Enter();
                JinjaDict dict = machine.NewDict();
                foreach (JsonProperty property in json.EnumerateObject())
                {
                    dict.Set(Name(property), Value(property.Value, machine));
                }

                machine.Meter.Leave();
                return dict;
            default:
                return null;
        }
    }

    private static string Text(JsonElement json)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new ArgumentException("A text of the conversation is no valid Unicode: it holds half of a character. Correct it.", e);
        }
    }

    private static string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new ArgumentException("A name in the conversation is no valid Unicode: it holds half of a character. Correct it.", e);
        }
    }

    private static object Number(string text, JinjaMachine machine)
    {
        if (text.AsSpan().ContainsAny('.', 'e', 'E'))
        {
            return double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        }

        if (text.Length > machine.Meter.Limits.MaxIntegerBits)
        {
            throw JinjaNumber.TooLarge(machine.Meter);
        }

        return JinjaNumber.Checked(BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), machine.Meter);
    }
}
