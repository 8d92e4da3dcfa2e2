using System.Collections;
using System.Reflection;

namespace MLNet.Dispersion;

/// <summary>Refuses what a caller's options ask for and nobody does, options of later versions included.</summary>
internal static class OptionCheck
{
    /// <summary>Checks that nothing but what is done is set.</summary>
    /// <param name="options">The options; null for none.</param>
    /// <param name="done">The properties that are done.</param>
    /// <exception cref="NotSupportedException">Another is set; the message names it.</exception>
    internal static void RefuseOthers(object? options, params ReadOnlySpan<string> done)
    {
        foreach (PropertyInfo property in options?.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance) ?? [])
        {
            if (property.GetIndexParameters().Length == 0 && !done.Contains(property.Name) && IsSet(property.GetValue(options)))
            {
                throw new NotSupportedException($"{options!.GetType().Name}.{property.Name} is set, which models of MLNet.Dispersion do not do. Leave it unset; done are {string.Join(", ", done.ToArray())}.");
            }
        }
    }

    /// <summary>Checks the name of the model that a caller asks for.</summary>
    /// <exception cref="ArgumentException">It is another's.</exception>
    internal static void CheckModel(string? asked, string name)
    {
        if (asked is not null && asked != name)
        {
            throw new ArgumentException($"ModelId is '{asked}', and this model is '{name}'. Leave it unset, or ask the client of that model.", nameof(asked));
        }
    }

    private static bool IsSet(object? value) => value switch
    {
        null or false or 0f => false,
        string => true,
        IEnumerable values => values.Cast<object?>().Any(),
        _ => true,
    };
}
