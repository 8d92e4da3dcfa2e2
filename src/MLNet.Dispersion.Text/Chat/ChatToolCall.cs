using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Text;

/// <summary>A call of a tool that an assistant's message asks for.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">The arguments: anything that is written as a JSON object, such as <c>new { city = "Bonn" }</c>.</param>
/// <param name="Id">The call's id, to which the result refers; null where the model uses none.</param>
public sealed record ChatToolCall(string Name, object Arguments, string? Id = null)
{
    internal JsonObject ToJson()
    {
        var call = new JsonObject
        {
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = Name, ["arguments"] = JsonSerializer.SerializeToNode(Arguments) },
        };
        if (Id is not null)
        {
            call["id"] = Id;
        }

        return call;
    }
}
