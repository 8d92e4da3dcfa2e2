using System.Globalization;
using System.Numerics;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Values as Python prints them.</summary>
internal static class JinjaNotation
{
    /// <summary>What printing gives: texts as they are.</summary>
    internal static string Text(object? value, JinjaMachine machine)
    {
        switch (value)
        {
            case string text:
                return text;
            case JinjaMarkup markup:
                return markup.Text;
            case JinjaUndefined:
                return "";
            default:
                return Quoted(value, machine);
        }
    }

    /// <summary>The notation of a value, texts in quotes.</summary>
    internal static string Quoted(object? value, JinjaMachine machine)
    {
        var result = new StringBuilder();
        Append(result, value, machine);
        return result.ToString();
    }

    private static void Append(StringBuilder result, object? value, JinjaMachine machine)
    {
        int before = result.Length;
        switch (value)
        {
            case null:
                result.Append("None");
                break;
            case bool truth:
                result.Append(truth ? "True" : "False");
                break;
            case BigInteger number:
                machine.Meter.Spell(number);
                result.Append(CultureInfo.InvariantCulture, $"{number}");
                break;
            case double number:
                result.Append(FloatText.Shortest(number));
                break;
            case string text:
                PythonText.AppendQuoted(result, text);
                break;
            case TextChain chain:
                Append(result, chain.Whole(machine.Meter), machine);
                return;
            case JinjaUndefined:
                result.Append("Undefined");
                break;
            case JinjaMarkup markup:
                result.Append("Markup(");
                Append(result, markup.Text, machine);
                result.Append(')');
                break;
            case JinjaRange range:
                result.Append(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop}{(range.Step.IsOne ? "" : $", {range.Step}")})");
                break;
            case JinjaList or JinjaTuple or JinjaDict or JinjaView or JinjaNamespace:
                machine.Meter.Enter();
                AppendParts(result, value, machine);
                machine.Meter.Leave();
                return;
            case JinjaFunction function:
                result.Append(function.Shown);
                break;
            case JinjaMacro macro:
                result.Append("<Macro ");
                if (macro.Name is { } name)
                {
                    PythonText.AppendQuoted(result, name);
                }
                else
                {
                    result.Append("anonymous");
                }

                result.Append('>');
                break;
            case JinjaLoop loop:
                result.Append(CultureInfo.InvariantCulture, $"<LoopContext {loop.Index}/{loop.Length}>");
                break;
            case JinjaGenerator generator:
                result.Append(CultureInfo.InvariantCulture, $"<generator object {generator.Name}>");
                break;
            default:
                throw new InvalidOperationException($"There is no notation for a {value.GetType().Name}.");
        }

        machine.Meter.Grow(result.Length, result.Length - before);
    }

    private static void AppendParts(StringBuilder result, object value, JinjaMachine machine)
    {
        switch (value)
        {
            case JinjaList list:
                AppendItems(result, '[', list.Items(), ']', machine);
                break;
            case JinjaTuple tuple:
                AppendItems(result, '(', tuple.Items, ')', machine);
                if (tuple.Items.Length == 1)
                {
                    result.Insert(result.Length - 1, ',');
                }

                break;
            case JinjaDict dict:
                AppendDict(result, dict, machine);
                break;
            case JinjaNamespace names:
                result.Append("<Namespace ");
                AppendDict(result, names.Attributes, machine);
                result.Append('>');
                break;
            case JinjaView view:
                result.Append("dict_").Append(view.Kind).Append('(');
                AppendItems(result, '[', view.Items(), ']', machine);
                result.Append(')');
                break;
        }
    }

    private static void AppendItems(StringBuilder result, char open, IEnumerable<object?> items, char close, JinjaMachine machine)
    {
        result.Append(open);
        string between = "";
        foreach (object? item in items)
        {
            result.Append(between);
            Append(result, item, machine);
            between = ", ";
        }

        result.Append(close);
    }

    private static void AppendDict(StringBuilder result, JinjaDict dict, JinjaMachine machine)
    {
        result.Append('{');
        string between = "";
        foreach ((object? key, object? value) in dict.Entries)
        {
            result.Append(between);
            Append(result, key, machine);
            result.Append(": ");
            Append(result, value, machine);
            between = ", ";
        }

        result.Append('}');
    }
}
